import { rm, writeFile } from "node:fs/promises";
import {
  AAC,
  beside,
  bars,
  cut,
  ENCRYPTED,
  ffmpeg,
  flashes,
  H264,
  HEVC,
  lavfi,
  made,
  moving,
  MPEG4,
  patched,
  tones,
  twice,
  VP8,
} from "./clips.ts";
import {
  initOnly,
  noiseFrom,
  renamed,
  secondHalfZeros,
  stypFirst,
  uuidFirst,
  zerosBehind,
} from "./patches.ts";
import type { VideoTrait } from "./video-case.ts";

const FRAGMENTS = ["-movflags", "+frag_keyframe+empty_moov+default_base_moof"];
const FAST = ["-movflags", "+faststart"];
const UNREADABLE = { want: "video_unreadable" } as const;

const READ: readonly VideoTrait[] = [
  {
    name: "tmcd",
    extension: "mov",
    trait: "a track of time codes",
    make: made(...moving(), ...tones(), ...H264, ...AAC, "-timecode", "01:00:00:00"),
  },
  {
    name: "subtitles",
    extension: "mkv",
    trait: "sound first",
    make: twice(
      [...lavfi("anullsrc"), "-t", "1"],
      ["-i", "{t}", ...moving(), "-map", "1", "-map", "0", ...H264],
      "mka",
    ),
  },
  {
    ...{
      name: "subtitles-seven",
      extension: "mkv",
      row: "V4",
      trait: "one picture, two sounds, seven subtitles",
    },
    make: async (path) => {
      const text = beside(path, "srt");
      await writeFile(text, "1\n00:00:00,000 --> 00:00:01,000\n자막\n");
      const tracks = Array.from({ length: 7 }, () => ["-map", "3"]).flat();
      await ffmpeg(
        ...moving(),
        ...tones(3, 2),
        "-i",
        text,
        "-map",
        "0",
        "-map",
        "1",
        "-map",
        "2",
        ...tracks,
        ...H264,
        ...AAC,
        "-c:s",
        "srt",
        path,
      );
      await rm(text);
    },
  },
  {
    ...{ name: "chapters-many", extension: "mp4", trait: "3,000 chapters with long titles" },
    make: async (path) => {
      const list = beside(path, "ffmeta");
      const chapter = (n: number) =>
        `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${n}\nEND=${n + 1}\ntitle=${"장".repeat(60)}${n}\n`;
      await writeFile(list, `;FFMETADATA1\n${Array.from({ length: 3_000 }, (_, n) => chapter(n)).join("")}`);
      await ffmpeg(...moving({ d: 4 }), "-i", list, "-map_metadata", "1", "-map", "0", ...H264, path);
      await rm(list);
    },
  },
  {
    ...{
      name: "huge-tag",
      extension: "mkv",
      row: "V9",
      trait: "tags of 960 kB (a description, an edit log)",
    },
    make: made(
      ...moving(),
      ...H264,
      ...Array.from({ length: 8 }, (_, n) => ["-metadata", `comment${n}=${"가".repeat(40_000)}`]).flat(),
    ),
  },
  {
    name: "title-tag",
    extension: "mp4",
    trait: "a title with marks and a line end",
    make: made(...moving(), ...H264, "-metadata", 'title=🎬 "강의" <b>&\n둘째 줄'),
  },
  {
    name: "mkv-title",
    extension: "mkv",
    trait: "a titled Matroska",
    make: made(...moving(), ...H264, "-metadata", "title=x"),
  },
  {
    name: "uuid-first",
    extension: "mp4",
    row: "V9",
    trait: "a uuid box first",
    make: patched([...moving(), ...H264, ...FRAGMENTS], uuidFirst),
  },
  {
    name: "styp-first",
    extension: "mp4",
    row: "V9",
    trait: "a segment: styp instead of ftyp",
    make: patched([...moving(), ...H264, ...FRAGMENTS], stypFirst),
  },
  {
    name: "trailing-junk",
    extension: "mp4",
    trait: "zeros behind the last box",
    make: patched([...moving(), ...H264], zerosBehind),
  },
  {
    name: "avif",
    extension: "avif",
    row: "V9",
    want: "not_a_video",
    trait: "a still picture in the same container",
    make: made(
      ...moving({ d: 0.03, s: "320x180" }),
      "-frames:v",
      "1",
      "-c:v",
      "libaom-av1",
      "-still-picture",
      "1",
      "-cpu-used",
      "8",
    ),
  },
  {
    name: "cut-webm-live",
    extension: "webm",
    trait: "a browser's recording, broken off",
    make: cut([...flashes(), ...VP8, "-c:a", "libopus", "-live", "1"], 0.6),
  },
  {
    name: "cut-mkv",
    extension: "mkv",
    want: ["READY", "video_unreadable"],
    trait: "a recording, broken off",
    make: cut([...flashes(), ...H264, ...AAC], 0.6),
  },
  {
    name: "half-noise-copy",
    extension: "mp4",
    row: "V7",
    want: ["video_unreadable", "READY"],
    trait: "the second half is noise",
    make: patched([...moving({ d: 8 }), ...H264, ...FAST], noiseFrom(0.5)),
  },
  ...(
    [
      ["av1-opus", ["-c:v", "libsvtav1", "-preset", "12", "-c:a", "libopus"]],
      ["vp9-mp4", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", ...AAC]],
      ["mpeg4-mp3", ["-c:v", "mpeg4", "-c:a", "libmp3lame"]],
      ["hevc-aac", [...HEVC, ...AAC]],
    ] as const
  ).map(([name, codecs]) => ({
    ...{ name, extension: "mp4", sync: true, trait: name },
    make: made(...flashes({ d: 6 }), ...codecs),
  })),
  { name: "theora", extension: "mkv", trait: "Theora", make: made(...moving({ d: 2 }), "-c:v", "libtheora") },
  {
    name: "h263",
    extension: "3gp",
    trait: "H.263",
    make: made(...moving({ d: 2, s: "352x288", r: 15 }), "-c:v", "h263"),
  },
  {
    name: "mpeg1",
    extension: "mkv",
    trait: "MPEG-1",
    make: made(...moving({ d: 2, r: 25 }), "-c:v", "mpeg1video"),
  },
  {
    name: "cinepak",
    extension: "mov",
    trait: "Cinepak",
    make: made(...moving({ d: 0.4, s: "160x120", r: 10 }), "-c:v", "cinepak"),
  },
];

const REFUSED: readonly VideoTrait[] = [
  {
    name: "drm-h264",
    extension: "mp4",
    row: "V5",
    trait: "encrypted",
    make: made(...flashes(), ...H264, ...AAC, ...ENCRYPTED),
  },
  {
    name: "drm-hevc",
    extension: "mp4",
    row: "V5",
    trait: "encrypted HEVC",
    make: made(...moving({ s: "1280x720" }), ...HEVC, ...ENCRYPTED),
  },
  {
    name: "cut-faststart",
    extension: "mp4",
    row: "V7",
    trait: "an upload that was cut off",
    make: cut([...flashes(), ...H264, ...AAC, ...FAST], 0.6),
  },
  {
    name: "cut-moov-at-end",
    extension: "mp4",
    row: "V7",
    trait: "an upload whose index is cut off",
    make: cut([...flashes(), ...H264, ...AAC], 0.6),
  },
  {
    name: "cut-mjpeg",
    extension: "mov",
    row: "V7",
    trait: "cut off inside the first pictures",
    make: cut([...moving({ d: 20 }), "-c:v", "mjpeg", "-q:v", "3", ...FAST], 0.01),
  },
  {
    name: "unknown-picture",
    extension: "mp4",
    row: "V7",
    trait: "a picture of an unknown codec",
    make: patched([...moving(), ...H264], renamed("avc1", "zzz1", 1)),
  },
  {
    name: "frag-init-only",
    extension: "mp4",
    row: "V7",
    trait: "broken off before its first fragment",
    make: patched([...moving({ d: 1 }), ...tones(1), ...H264, ...AAC, ...FRAGMENTS], initOnly),
  },
  {
    name: "frag-init-only-30",
    extension: "mp4",
    row: "V7",
    trait: "the same with a clock of 30",
    make: patched([...moving({ d: 1 }), ...H264, ...FRAGMENTS, "-video_track_timescale", "30"], initOnly),
  },
  {
    name: "noise-mdat-encode",
    extension: "mp4",
    row: "V7",
    trait: "sound headers, noise inside",
    make: patched([...moving({ d: 2 }), "-c:v", "mpeg4", "-q:v", "5"], noiseFrom(0)),
  },
  {
    name: "noise-mdat-mjpeg",
    extension: "mov",
    row: "V7",
    trait: "the same in MJPEG",
    make: patched([...moving({ d: 1 }), "-c:v", "mjpeg", "-q:v", "5"], noiseFrom(0)),
  },
  {
    name: "noise-mdat-copy",
    extension: "mp4",
    row: "V7",
    trait: "the same in H.264",
    make: patched([...moving({ d: 8 }), ...H264, ...FAST], noiseFrom(0)),
  },
  {
    name: "sparse-cut-download",
    extension: "mp4",
    row: "V7",
    trait: "a download whose second half is zeros",
    make: patched([...moving({ d: 8 }), ...H264, ...FAST], secondHalfZeros),
  },
].map((each) => ({ ...each, ...UNREADABLE }));

const OTHERS: readonly VideoTrait[] = [
  ...(
    [
      ["avi", ["-c:v", "mpeg2video"]],
      ["wmv", ["-c:v", "wmv2"]],
      ["flv", ["-c:v", "flv"]],
      ["ts", ["-c:v", "mpeg2video"]],
      ["mpg", ["-c:v", "mpeg2video"]],
      ["ogv", ["-c:v", "libtheora"]],
    ] as const
  ).map(([extension, codec]): VideoTrait => ({
    ...{
      name: `container-${extension}`,
      extension,
      want: "not_a_video",
      trait: `a container that is not taken: ${extension}`,
    },
    make: made(...moving({ d: 1, r: 25 }), ...codec),
  })),
  {
    name: "audio-only",
    extension: "mp4",
    want: "video_no_picture",
    trait: "sound alone",
    make: made(...tones(), ...AAC),
  },
  {
    name: "audio-only-mka",
    extension: "mka",
    want: "video_no_picture",
    trait: "sound alone in Matroska",
    make: made(...tones(), "-c:a", "libopus"),
  },
  { name: "bars-mpeg4", extension: "mp4", trait: "still bars", make: made(...bars(), ...MPEG4) },
];

export const FILES: readonly VideoTrait[] = [...READ, ...REFUSED, ...OTHERS];

import {
  bars,
  flashes,
  H264,
  HEVC,
  lavfi,
  made,
  moving,
  patched,
  tones,
  twice,
  VP8,
  AAC,
  ffmpeg,
  beside,
  type Make,
} from "./clips.ts";
import { displayMatrix, HALVED, MIRRORED, TURNED_45 } from "./patches.ts";
import { rm, writeFile } from "node:fs/promises";
import type { VideoTrait } from "./video-case.ts";

function turned(degrees: number, source: readonly string[]): Make {
  return twice([...source, ...H264], ["-i", "{t}", "-c", "copy", "-metadata:s:v:0", `rotate=${degrees}`]);
}

function sized(size: string, extension: string, size2?: readonly [number, number]): VideoTrait {
  const isOdd = size.split("x").some((side) => Number(side) % 2 === 1);
  const make = made(
    ...moving({ d: 1, s: size }),
    ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", isOdd ? "yuv444p" : "yuv420p"],
  );
  const row = ["3840x100", "34x1000", "1000x34"].includes(size) ? { row: "V9" } : {};
  return {
    name: `size-${size}`,
    extension,
    trait: `${size} pixels`,
    make,
    ...row,
    ...(size2 === undefined ? {} : { size: size2 }),
  };
}

/** Pictures of other sizes, one behind the other in one track. */
function sizeChanges(kind: "vp8" | "h264" | "mp4"): Make {
  return async (path) => {
    const sizes = kind === "mp4" ? ["640x360", "480x270"] : ["640x360", "360x640", "320x180"];
    const parts = sizes.map((size) => beside(path, `${size}.${kind === "vp8" ? "webm" : "ts"}`));
    for (const [index, part] of parts.entries())
      await ffmpeg(
        ...moving({ s: sizes[index] ?? "" }),
        ...(kind === "vp8" ? [...VP8, "-b:v", "1M"] : H264),
        part,
      );
    const list = beside(path, "txt");
    await writeFile(list, parts.map((part) => `file '${part}'\n`).join(""));
    const joined =
      kind === "vp8" ? ["-f", "concat", "-safe", "0", "-i", list] : ["-i", `concat:${parts.join("|")}`];
    const tag = kind === "mp4" ? ["-tag:v", "avc3"] : [];
    await ffmpeg(...joined, "-c", "copy", ...tag, ...(kind === "vp8" ? [] : ["-bsf:v", "dump_extra"]), path);
    for (const part of [...parts, list]) await rm(part);
  };
}

export const SHAPES: readonly VideoTrait[] = [
  {
    name: "rot90",
    extension: "mp4",
    trait: "a phone's picture, turned",
    size: [720, 1280],
    make: turned(90, moving({ s: "1280x720" })),
  },
  {
    name: "rot180",
    extension: "mp4",
    trait: "upside down",
    size: [1280, 720],
    make: turned(180, moving({ s: "1280x720" })),
  },
  {
    name: "rot270",
    extension: "mp4",
    trait: "turned the other way",
    size: [720, 1280],
    make: turned(270, moving({ s: "1280x720" })),
  },
  {
    name: "hflip",
    extension: "mp4",
    trait: "mirrored (front camera)",
    make: patched([...moving(), ...H264], displayMatrix(MIRRORED)),
  },
  {
    name: "rot45",
    extension: "mp4",
    trait: "turned by 45 degrees",
    make: patched([...moving(), ...H264], displayMatrix(TURNED_45)),
  },
  {
    name: "scale-matrix",
    extension: "mp4",
    trait: "a display matrix that only scales",
    make: patched([...moving(), ...H264], displayMatrix(HALVED)),
  },
  {
    name: "rot90-sar",
    extension: "mp4",
    trait: "anamorphic and turned",
    make: turned(90, [...moving({ s: "720x576", r: 25 }), "-vf", "setsar=64/45"]),
  },
  ...[
    "641x361",
    "2x2",
    "16x16",
    "34x1000",
    "1000x34",
    "3840x100",
    "1079x1919",
    "426x240",
    "854x480",
    "608x1080",
  ].map((size) => sized(size, "mkv")),
  {
    name: "size-1x1",
    extension: "mkv",
    trait: "one pixel",
    make: made(...lavfi("color=red:s=2x2:d=1"), "-vf", "scale=1:1,format=rgb24", "-c:v", "ffv1"),
  },
  {
    name: "size-3x7-png",
    extension: "mov",
    trait: "3×7, PNG",
    make: made(...lavfi("color=red:s=8x8:d=1"), "-vf", "scale=3:7,format=rgb24", "-c:v", "png"),
  },
  {
    name: "size-8k",
    extension: "mp4",
    trait: "8K",
    make: made(...moving({ d: 1, s: "7680x4320", r: 4 }), ...HEVC),
  },
  {
    name: "sar-anamorphic",
    extension: "mp4",
    trait: "anamorphic",
    make: made(...moving({ d: 1, s: "720x576", r: 25 }), "-vf", "setsar=64/45", ...H264),
  },
  {
    name: "sar-extreme",
    extension: "mkv",
    trait: "pixels of 1:20",
    make: made(...moving({ d: 1 }), "-vf", "setsar=1/20", ...H264),
  },
  {
    name: "sar-extreme-wide",
    extension: "mkv",
    trait: "pixels of 30:1",
    make: made(...moving({ d: 1 }), "-vf", "setsar=30/1", ...H264),
  },
  {
    name: "size-change-webm",
    extension: "webm",
    trait: "the size changes in the middle (screen sharing)",
    make: sizeChanges("vp8"),
  },
  {
    name: "size-change-h264",
    extension: "mkv",
    trait: "the size changes in the middle",
    make: sizeChanges("h264"),
  },
  {
    name: "size-change-mp4",
    extension: "mp4",
    trait: "parameter sets change in the middle",
    make: sizeChanges("mp4"),
  },
  {
    ...{ name: "interlaced", extension: "mp4", trait: "1080i" },
    make: made(
      ...moving({ d: 2, s: "1920x1080", r: 50 }),
      "-vf",
      "interlace=tff",
      ...["-c:v", "libx264", "-preset", "ultrafast"],
      ...["-flags", "+ilme+ildct", "-x264opts", "tff=1", "-pix_fmt", "yuv420p"],
    ),
  },
  {
    ...{ name: "interlaced-mpeg2", extension: "mkv", trait: "a DVD's" },
    make: made(
      ...moving({ d: 2, s: "720x576", r: 50 }),
      "-vf",
      "interlace=tff,setsar=64/45",
      ...["-c:v", "mpeg2video", "-q:v", "3", "-flags", "+ilme+ildct"],
    ),
  },
  {
    ...{ name: "dv", extension: "mov", trait: "DV" },
    make: made(
      ...moving({ d: 1, s: "720x576", r: 25 }),
      ...tones(1),
      "-vf",
      "setsar=16/15",
      ...["-c:v", "dvvideo", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", "-ar", "48000", "-ac", "2"],
    ),
  },
  {
    name: "dual-monitor",
    extension: "mp4",
    trait: "two monitors side by side",
    make: made(...moving({ d: 1, s: "3840x1080" }), ...H264, "-crf", "1"),
  },
  {
    ...{
      name: "cover-first",
      extension: "mp4",
      trait: "the cover is the first picture track",
      size: [640, 360],
    },
    make: twice(
      [...moving({ d: 0.03 }), "-frames:v", "1", "-c:v", "mjpeg", "-f", "image2", "-update", "1"],
      [
        "-i",
        "{t}",
        ...moving(),
        "-map",
        "0",
        "-map",
        "1",
        "-c:v:0",
        "copy",
        "-c:v:1",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt:v:1",
        "yuv420p",
        "-disposition:v:0",
        "attached_pic",
      ],
      "jpg",
    ),
  },
  {
    name: "second-video",
    extension: "mp4",
    trait: "two picture tracks",
    size: [640, 360],
    make: made(...moving(), ...bars({ d: 3, s: "320x180" }), "-map", "0", "-map", "1", ...H264),
  },
  {
    name: "all-intra",
    extension: "mp4",
    trait: "each picture a keyframe",
    sync: true,
    make: made(...flashes({ d: 8 }), ...H264, "-g", "1", ...AAC),
  },
];

import {
  AAC,
  beside,
  ENCRYPTED,
  ffmpeg,
  flashes,
  H264,
  lavfi,
  made,
  moving,
  patched,
  tones,
  VP8,
} from "./clips.ts";
import { rm } from "node:fs/promises";
import { renamed } from "./patches.ts";
import type { VideoTrait } from "./video-case.ts";

const PCM = ["-c:a", "pcm_s16le", "-ac", "1"];
const TWO = [...moving(), ...tones(3, 2), "-map", "0", "-map", "1", "-map", "2", ...H264];

const CODECS: readonly VideoTrait[] = (
  [
    ["51-aac", "mp4", ["-ac", "6", "-c:a", "aac"]],
    ["71-aac", "mp4", ["-ac", "8", "-c:a", "aac"]],
    ["mono-8k", "mp4", ["-ac", "1", "-ar", "8000", "-c:a", "aac"]],
    ["22k-aac", "mp4", ["-ar", "22050", "-c:a", "aac"]],
    ["96k-aac", "mp4", ["-ar", "96000", "-c:a", "aac"]],
    ["ac3-51", "mp4", ["-ac", "6", "-c:a", "ac3"]],
    ["mp3", "mp4", ["-c:a", "libmp3lame"]],
    ["opus", "mp4", ["-c:a", "libopus"]],
    ["flac", "mp4", ["-c:a", "flac", "-strict", "-2"]],
    ["alac", "mp4", ["-c:a", "alac"]],
    ["pcm24", "mov", ["-c:a", "pcm_s24le"]],
    ["vorbis", "mkv", ["-c:a", "libvorbis"]],
    ["dts", "mkv", ["-c:a", "dca", "-strict", "-2"]],
    ["truehd", "mkv", ["-c:a", "truehd", "-strict", "-2"]],
    ["discrete-3ch", "mov", ["-af", "pan=3c|c0=c0|c1=0*c0|c2=0*c0", "-c:a", "pcm_s16le"]],
  ] as const
).map(([name, extension, codec]) => ({
  ...{ name: `snd-${name}`, extension, sync: true, trait: `sound: ${name}` },
  make: made(...flashes({ d: 6 }), ...H264, ...codec),
}));

export const SOUNDS: readonly VideoTrait[] = [
  ...CODECS,
  {
    name: "snd-opus51",
    extension: "webm",
    sync: true,
    trait: "Opus 5.1",
    make: made(...flashes({ d: 4 }), ...VP8, "-ac", "6", "-c:a", "libopus", "-mapping_family", "1"),
  },
  {
    name: "two-mono-tracks",
    extension: "mov",
    trait: "left and right in two mono tracks",
    make: made(...TWO, ...PCM),
  },
  {
    name: "mono-left-only",
    extension: "mov",
    trait: "mono PCM",
    make: made(...moving({ d: 4 }), ...tones(4), "-map", "0", "-map", "1", ...H264, ...PCM),
  },
  {
    name: "lang-default-second",
    extension: "mp4",
    trait: "two languages, the second default",
    make: made(...TWO, ...AAC, "-disposition:a:0", "0", "-disposition:a:1", "default"),
  },
  {
    name: "lang-none-default",
    extension: "mkv",
    trait: "two tracks, none default",
    make: made(...TWO, ...AAC, "-disposition:a:0", "0", "-disposition:a:1", "0"),
  },
  {
    ...{ name: "commentary-first-silent", extension: "mkv", trait: "the second of two is default" },
    make: made(
      ...moving(),
      ...lavfi("anullsrc=d=3"),
      ...tones(3),
      "-map",
      "0",
      "-map",
      "1",
      "-map",
      "2",
      ...H264,
      ...AAC,
      "-disposition:a:0",
      "0",
      "-disposition:a:1",
      "default",
    ),
  },
  {
    ...{ name: "nine-tracks", extension: "mkv", row: "V4", trait: "one picture, eight sounds" },
    make: made(
      ...moving(),
      ...tones(3),
      "-map",
      "0",
      ...Array.from({ length: 8 }, () => ["-map", "1"]).flat(),
      ...H264,
      ...AAC,
    ),
  },
  {
    name: "apac-second",
    extension: "mov",
    row: "V9",
    trait: "AAC and a second track of an unknown codec",
    make: patched([...TWO, ...AAC, "-disposition:a:1", "0"], renamed("mp4a", "apac", 1)),
  },
  {
    name: "apac-first-default",
    extension: "mov",
    row: "V9",
    trait: "the unknown one is first and default",
    make: patched([...TWO, ...AAC], renamed("mp4a", "apac")),
  },
  {
    name: "unknown-sound-only",
    extension: "mov",
    row: "V9",
    trait: "only sound of an unknown codec",
    make: patched([...moving(), ...tones(), ...H264, ...AAC], renamed("mp4a", "apac")),
  },
  {
    name: "mpegh-sound",
    extension: "mp4",
    row: "V9",
    trait: "sound that is named and cannot be decoded",
    make: patched([...moving(), ...tones(), ...H264, ...AAC], renamed("mp4a", "mhm1")),
  },
  {
    ...{ name: "drm-audio", extension: "mp4", row: "V9", trait: "the only sound is encrypted" },
    make: async (path) => {
      const [picture, sound] = [beside(path, "v.mp4"), beside(path, "a.mp4")];
      await ffmpeg(...moving(), ...H264, picture);
      await ffmpeg(...tones(), ...AAC, ...ENCRYPTED, sound);
      await ffmpeg("-i", picture, "-i", sound, "-map", "0", "-map", "1", "-c", "copy", path);
      for (const part of [picture, sound]) await rm(part);
    },
  },
];

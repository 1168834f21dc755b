import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { barChart, type BarLight } from "@statusplane/test-support";
import { bars, beside, ffmpeg, H264, HEVC, lavfi, made, moving, type Make } from "./clips.ts";
import type { VideoTrait } from "./video-case.ts";

interface Chart {
  readonly light: BarLight;
  /** Options of the filter `scale`, and the pixels. */
  readonly as: string;
  readonly codec: readonly string[];
  readonly size?: string;
}

/** Two seconds of the chart of bars. */
function chart({ light, as, codec, size = "1280:720" }: Chart): Make {
  return async (path) => {
    await mkdir(dirname(path), { recursive: true });
    const still = beside(path, "ppm");
    await writeFile(still, barChart(light));
    const wide = `scale=${size}:flags=neighbor+accurate_rnd+full_chroma_int${as}`;
    await ffmpeg(...["-loop", "1", "-framerate", "25", "-t", "2", "-i", still, "-vf", wide], ...codec, path);
    await rm(still);
  };
}

const tags = (primaries: string, transfer: string, matrix: string) => [
  ...["-color_primaries", primaries, "-color_trc", transfer, "-colorspace", matrix],
];
const FINE_HEVC = [...HEVC, "-crf", "6"];
const WIDE = ":out_color_matrix=bt2020:out_range=tv,format=yuv420p10le";
const HD = ":out_color_matrix=bt709:out_range=tv,format=yuv420p";
const SD = ":out_color_matrix=bt601:out_range=tv,format=yuv420p";
const FULL = ":out_color_matrix=bt709:out_range=pc";
const BT709 = tags("bt709", "bt709", "bt709");
const BT601 = tags("smpte170m", "smpte170m", "smpte170m");
const X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "6"];

export const COLORS: readonly VideoTrait[] = [
  {
    ...{ name: "hdr-pq", extension: "mp4", row: "V3", bars: "hdr", trait: "HDR10 (PQ, BT.2020, 10 bit)" },
    make: chart({
      light: "pq",
      as: WIDE,
      codec: [...FINE_HEVC, ...tags("bt2020", "smpte2084", "bt2020nc"), "-tag:v", "hvc1"],
    }),
  },
  {
    ...{
      name: "hdr-pq-bare",
      extension: "mkv",
      row: "V3",
      bars: "hdr",
      trait: "PQ that names nothing but its curve",
    },
    make: chart({
      light: "pq",
      as: WIDE,
      codec: ["-c:v", "ffv1", "-color_trc", "smpte2084"],
      size: "640:360",
    }),
  },
  {
    ...{ name: "hdr-hlg", extension: "mov", row: "V3", bars: "hdr", trait: "HLG as phones record" },
    make: chart({
      light: "hlg",
      as: WIDE,
      codec: [...FINE_HEVC, ...tags("bt2020", "arib-std-b67", "bt2020nc"), "-tag:v", "hvc1"],
    }),
  },
  {
    ...{ name: "wide-gamut-sdr", extension: "mp4", row: "V3", bars: "sdr", trait: "SDR of BT.2020" },
    make: chart({
      light: "bt2020",
      as: WIDE,
      codec: [...FINE_HEVC, ...tags("bt2020", "bt2020-10", "bt2020nc")],
    }),
  },
  {
    ...{
      name: "p3-sdr",
      extension: "mov",
      row: "V3",
      bars: "sdr",
      trait: "Display P3, as Macs record the screen",
    },
    make: chart({ light: "p3", as: HD, codec: [...X264, ...tags("smpte432", "bt709", "bt709")] }),
  },
  {
    ...{ name: "ten-bit-sdr", extension: "mp4", bars: "sdr", trait: "10 bit" },
    make: chart({
      light: "bt709",
      as: ":out_color_matrix=bt709,format=yuv420p10le",
      codec: [...FINE_HEVC, ...BT709],
    }),
  },
  {
    ...{ name: "hi10", extension: "mp4", bars: "sdr", trait: "H.264 High 10" },
    make: chart({ light: "bt709", as: ":out_color_matrix=bt709,format=yuv420p10le", codec: X264 }),
  },
  {
    ...{
      name: "full-range",
      extension: "mp4",
      row: "V8",
      bars: "sdr",
      trait: "full range, as phones and screen recorders write",
    },
    make: chart({
      light: "bt709",
      as: `${FULL},format=yuvj420p`,
      codec: [...X264, ...BT709, "-color_range", "pc"],
    }),
  },
  {
    ...{ name: "full-range-10", extension: "mp4", row: "V8", bars: "sdr", trait: "full range in 10 bit" },
    make: chart({
      light: "bt709",
      as: `${FULL},format=yuv420p10le`,
      codec: [...FINE_HEVC, ...BT709, "-color_range", "pc"],
    }),
  },
  {
    ...{ name: "full-range-mjpeg", extension: "mov", row: "V8", trait: "MJPEG in mov (older cameras)" },
    make: made(
      ...bars({ s: "1280x720" }),
      "-vf",
      "scale=in_range=tv:out_range=pc",
      "-pix_fmt",
      "yuvj420p",
      "-c:v",
      "mjpeg",
      "-q:v",
      "3",
    ),
  },
  {
    ...{ name: "bt601-tagged", extension: "mp4", row: "V8", bars: "sdr", trait: "BT.601, tagged, MPEG-4" },
    make: chart({ light: "bt709", as: SD, codec: ["-c:v", "mpeg4", "-q:v", "2", ...BT601], size: "720:480" }),
  },
  {
    ...{
      name: "sd-untagged",
      extension: "mp4",
      row: "V8",
      bars: "sdr",
      trait: "SD without tags: BT.601 to every player",
    },
    make: chart({ light: "bt709", as: SD, codec: ["-c:v", "mpeg4", "-q:v", "2"], size: "640:360" }),
  },
  {
    ...{
      name: "hd-untagged",
      extension: "mp4",
      row: "V8",
      bars: "sdr",
      trait: "HD without tags: BT.709 to every player",
    },
    make: chart({ light: "bt709", as: HD, codec: ["-c:v", "mpeg4", "-q:v", "2"] }),
  },
  {
    ...{
      name: "bt709-tagged",
      extension: "mp4",
      row: "V8",
      bars: "sdr",
      trait: "BT.709 of HD, encoded and taken over",
    },
    make: chart({ light: "bt709", as: HD, codec: [...X264, "-g", "25", ...BT709], size: "1920:1080" }),
  },
  {
    ...{ name: "rgb", extension: "mov", row: "V8", bars: "sdr", trait: "RGB (PNG in mov)" },
    make: chart({ light: "bt709", as: ",format=rgb24", codec: ["-c:v", "png"], size: "640:360" }),
  },
  {
    ...{ name: "yuv444", extension: "mp4", trait: "4:4:4" },
    make: made(...bars(), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p"),
  },
  {
    ...{ name: "prores422", extension: "mov", trait: "ProRes 422" },
    make: made(
      ...bars({ d: 1, s: "1280x720" }),
      "-c:v",
      "prores_ks",
      "-profile:v",
      "2",
      "-pix_fmt",
      "yuv422p10le",
    ),
  },
  {
    ...{ name: "prores4444-alpha", extension: "mov", trait: "ProRes 4444 with alpha" },
    make: made(
      ...lavfi("smptehdbars=s=640x360:r=25:d=1,format=yuva444p10le"),
      "-c:v",
      "prores_ks",
      "-profile:v",
      "4",
      "-pix_fmt",
      "yuva444p10le",
    ),
  },
  {
    ...{ name: "vp9-alpha", extension: "webm", trait: "VP9 with alpha" },
    make: made(
      ...lavfi("testsrc2=s=320x180:r=25:d=1,format=yuva420p"),
      "-c:v",
      "libvpx-vp9",
      "-auto-alt-ref",
      "0",
      "-deadline",
      "realtime",
    ),
  },
  {
    ...{ name: "gray", extension: "mp4", trait: "grey H.264" },
    make: made(...moving({ d: 1 }), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "gray"),
  },
  {
    ...{ name: "v210", extension: "mov", trait: "uncompressed 10 bit" },
    make: made(...bars({ d: 0.4, s: "1280x720" }), "-c:v", "v210", "-pix_fmt", "yuv422p10le"),
  },
  {
    ...{ name: "raw-yuyv", extension: "mov", trait: "uncompressed 8 bit" },
    make: made(...moving({ d: 1 }), "-c:v", "rawvideo", "-pix_fmt", "yuyv422"),
  },
  {
    ...{ name: "h264-plain", extension: "mp4", trait: "an ordinary clip", seconds: 3, size: [640, 360] },
    make: made(...moving(), ...H264),
  },
];

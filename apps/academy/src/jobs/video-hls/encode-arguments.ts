import { sdrFilters } from "./color-filters.ts";
import type { PlannedRendition } from "./plan-renditions.ts";
import { SEGMENT_SECONDS } from "./scan-packets.ts";
import { inputArguments } from "./tool-arguments.ts";
import type { VideoLimits } from "./video-limits.ts";
import type { VideoSource } from "./video-source.ts";

export interface EncodePlan {
  readonly inputPath: string;
  readonly source: VideoSource;
  /** Smallest first; the n-th is written as `v{n}`. */
  readonly renditions: readonly PlannedRendition[];
  /** Where a copied rendition's segments begin; null when none is copied. */
  readonly cutSeconds: readonly number[] | null;
  readonly limits: VideoLimits;
}

const THREADS = "2";

/**
 * ffmpeg's argument list: one process decodes once and writes all renditions, as HLS of fMP4 segments of 4 s, into its
 * working folder. Encoded renditions have a keyframe exactly where each segment begins and at none else, so all
 * renditions are cut at the same places; where one is copied, its own keyframes say where.
 */
export function encodeArguments(plan: EncodePlan): string[] {
  const { source, renditions, limits } = plan;
  return [
    ...["-hide_banner", "-nostdin", "-y", "-v", "error", "-progress", "pipe:1", "-stats_period", "0.25"],
    ...["-threads", THREADS, ...inputArguments(plan.inputPath, limits)],
    ...filterArguments(source, renditions),
    ...renditions.flatMap((rendition, index) => renditionArguments(plan, rendition, index)),
    ...["-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn"],
    ...["-max_muxing_queue_size", "4096", "-t", String(limits.maxDurationSeconds)],
    ...hlsArguments(renditions.length, source.audio !== null),
  ];
}

/** One decoded picture, scaled to the largest encoded rendition once, and from there to each smaller one. */
function filterArguments(source: VideoSource, renditions: readonly PlannedRendition[]): string[] {
  const scaled = renditions
    .map((rendition, index) => ({ rendition, index }))
    .filter(({ rendition }) => !rendition.copyVideo);
  const largest = scaled.at(-1);
  if (largest === undefined) return [];
  const { numerator, denominator } = source.frameRate;
  const shared = [
    ...(source.interlaced ? ["yadif=deint=interlaced"] : []),
    `fps=${numerator}/${denominator}`,
    `scale=${largest.rendition.width}:${largest.rendition.height}`,
    "setsar=1",
    ...sdrFilters(source.colors),
  ].join(",");
  const parts = scaled.map(({ index }) => `[p${index}]`).join("");
  const graph = [
    `[0:${source.videoTrack}]${shared},split=${scaled.length}${parts}`,
    ...scaled.map(
      ({ rendition: { width, height }, index }) => `[p${index}]scale=${width}:${height},setsar=1[o${index}]`,
    ),
  ];
  return ["-filter_complex_threads", THREADS, "-filter_complex", graph.join(";")];
}

function renditionArguments(plan: EncodePlan, rendition: PlannedRendition, index: number): string[] {
  const { source, cutSeconds } = plan;
  const sound =
    source.audio === null ? [] : ["-map", `0:${source.audio.track}`, ...audioArguments(rendition, index)];
  if (rendition.copyVideo) return ["-map", `0:${source.videoTrack}`, `-c:v:${index}`, "copy", ...sound];
  const bits = rendition.maxVideoBitsPerSecond;
  const perOutput = (option: string, value: string | number) => [`-${option}:v:${index}`, String(value)];
  return [
    ...["-map", `[o${index}]`, ...perOutput("c", "libx264"), ...perOutput("preset", "veryfast")],
    ...[...perOutput("profile", rendition.profile), ...perOutput("threads", THREADS)],
    ...[...perOutput("crf", 23), ...perOutput("maxrate", bits), ...perOutput("bufsize", 2 * bits)],
    ...[...perOutput("g", longestGroup(source)), ...perOutput("sc_threshold", 0)],
    ...perOutput("force_key_frames", keyframeTimes(cutSeconds)),
    ...sound,
  ];
}

/** A group of pictures ends by a forced keyframe, never by its length. */
function longestGroup({ frameRate }: VideoSource): number {
  return Math.ceil((frameRate.numerator / frameRate.denominator) * SEGMENT_SECONDS * 4);
}

/** A millisecond before each cut: the next frame is the one, however times are rounded. */
function keyframeTimes(cutSeconds: readonly number[] | null): string {
  if (cutSeconds === null) return `expr:gte(t,n_forced*${SEGMENT_SECONDS})`;
  return ["0", ...cutSeconds.map((at) => (at - 0.001).toFixed(3))].join(",");
}

function audioArguments({ copyAudio, audioBitsPerSecond }: PlannedRendition, index: number): string[] {
  if (copyAudio) return [`-c:a:${index}`, "copy"];
  return [
    ...[`-c:a:${index}`, "aac", `-b:a:${index}`, String(audioBitsPerSecond)],
    ...[`-ac:a:${index}`, "2", `-ar:a:${index}`, "48000"],
    // Recordings have holes in their sound: filled, or it runs ahead of the picture.
    ...[`-filter:a:${index}`, "aresample=async=1"],
  ];
}

function hlsArguments(renditions: number, withAudio: boolean): string[] {
  const streams = Array.from({ length: renditions }, (_, n) => (withAudio ? `v:${n},a:${n}` : `v:${n}`));
  return [
    ...[
      "-f",
      "hls",
      "-hls_time",
      String(SEGMENT_SECONDS),
      "-hls_playlist_type",
      "vod",
      "-hls_list_size",
      "0",
    ],
    ...["-hls_flags", "independent_segments+temp_file", "-hls_segment_type", "fmp4"],
    // With a single rendition ffmpeg does not fill in %v here, though it does everywhere else.
    ...["-hls_fmp4_init_filename", renditions === 1 ? "v0_init.mp4" : "v%v_init.mp4"],
    ...["-hls_segment_filename", "v%v_%06d.m4s", "-var_stream_map", streams.join(" "), "v%v.m3u8"],
  ];
}

import { sdrFilters } from "./color-filters.ts";
import type { PlannedRendition } from "./plan-renditions.ts";
import { SEGMENT_SECONDS } from "./scan-packets.ts";
import type { VideoLimits } from "./video-limits.ts";
import type { VideoSource } from "./video-source.ts";
import type { VideoTools } from "./video-tools.ts";

export interface EncodePlan {
  readonly input: VideoTools["input"];
  readonly source: VideoSource;
  /** Smallest first; the n-th is written as `v{n}`. */
  readonly renditions: readonly PlannedRendition[];
  /** How long it is to be seen or heard, seconds: a picture that ends earlier is held, sound that does is silence. */
  readonly durationSeconds: number;
  /** Whether silence has to be put before the sound. */
  readonly soundBeginsLater: boolean;
  /** Where a copied rendition's segments begin; null when none is copied. */
  readonly cutSeconds: readonly number[] | null;
  readonly limits: VideoLimits;
}

const THREADS = "2";

/** A piece shorter than this belongs to the segment before it: it might hold nothing of one of the tracks. */
const SHORTEST_SEGMENT_SECONDS = 1;
/** Sound further away from its own time than this is moved to it, seconds. */
const SOUND_DRIFT_SECONDS = 0.04;
/** Our AAC begins with this many samples that are no sound. */
const AAC_PRIMING_SAMPLES = 1_024;
const SAMPLES_PER_SECOND = 48_000;

/**
 * ffmpeg's argument list: one process decodes once and writes all renditions, as HLS of fMP4 segments of 4 s, into its
 * working folder. Encoded renditions have a keyframe exactly where each segment begins and at none else, so all
 * renditions are cut at the same places; where one is copied, its own keyframes say where.
 *
 * All times stand in the segments themselves (no edit list, no pictures out of order): both tracks of all renditions
 * begin together and end together. The first output is thrown away: it counts the pictures that could be decoded, and
 * decodes what is copied, where the first error ends it all.
 */
export function encodeArguments(plan: EncodePlan): string[] {
  const { source, renditions } = plan;
  const copies = renditions.some(({ copyVideo }) => copyVideo);
  return [
    ...["-hide_banner", "-nostdin", "-y", "-v", "error", "-progress", "pipe:1", "-stats_period", "0.25"],
    ...(copies ? ["-xerror"] : []),
    ...["-threads", THREADS, ...plan.input],
    ...filterArguments(source, renditions),
    ...proofArguments(source, renditions),
    ...renditions.flatMap((rendition, index) => renditionArguments(plan, rendition, index)),
    ...["-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn"],
    // Whatever begins late is waited for.
    ...["-max_muxing_queue_size", "1000000", "-max_interleave_delta", "0", "-t", writtenSeconds(plan)],
    ...hlsArguments(renditions.length, source.audio !== null),
  ];
}

/** Whole pictures where all are ours; what is copied is not cut. */
function writtenSeconds({ source: { frameRate }, renditions, durationSeconds }: EncodePlan): string {
  const perSecond = frameRate.numerator / frameRate.denominator;
  const seconds = renditions.some(({ copyVideo }) => copyVideo)
    ? durationSeconds
    : Math.max(1, Math.round(durationSeconds * perSecond)) / perSecond;
  return seconds.toFixed(6);
}

/** One decoded picture, counted, scaled to the largest encoded rendition once, and from there to each smaller one. */
function filterArguments(source: VideoSource, renditions: readonly PlannedRendition[]): string[] {
  const scaled = renditions
    .map((rendition, index) => ({ rendition, index }))
    .filter(({ rendition }) => !rendition.copyVideo);
  const largest = scaled.at(-1);
  const input = `[0:${source.videoTrack}]`;
  const options = (graph: string) => ["-filter_complex_threads", THREADS, "-filter_complex", graph];
  if (largest === undefined) return options(`${input}null[decoded]`);
  const { numerator, denominator } = source.frameRate;
  const shared = [
    ...(source.interlaced ? ["yadif=deint=interlaced"] : []),
    `fps=${numerator}/${denominator}`,
    `scale=${largest.rendition.width}:${largest.rendition.height}`,
    "setsar=1",
    ...sdrFilters(source.colors),
    // The last picture is held for as long as -t lets it.
    "tpad=stop_mode=clone:stop=-1",
  ].join(",");
  const parts = scaled.map(({ index }) => `[p${index}]`).join("");
  const graph = [
    `${input}split=2[decoded][shown]`,
    `[shown]${shared},split=${scaled.length}${parts}`,
    ...scaled.map(
      ({ rendition: { width, height }, index }) => `[p${index}]scale=${width}:${height},setsar=1[o${index}]`,
    ),
  ];
  return options(graph.join(";"));
}

function proofArguments({ audio }: VideoSource, renditions: readonly PlannedRendition[]): string[] {
  const sound =
    audio !== null && renditions.some(({ copyAudio }) => copyAudio) ? ["-map", `0:${audio.track}`] : [];
  return ["-map", "[decoded]", ...sound, "-f", "null", "-"];
}

function renditionArguments(plan: EncodePlan, rendition: PlannedRendition, index: number): string[] {
  const { source } = plan;
  const sound =
    source.audio === null
      ? []
      : ["-map", `0:${source.audio.track}`, ...audioArguments(plan, rendition, index)];
  if (rendition.copyVideo) return ["-map", `0:${source.videoTrack}`, `-c:v:${index}`, "copy", ...sound];
  const bits = rendition.maxVideoBitsPerSecond;
  const perOutput = (option: string, value: string | number) => [`-${option}:v:${index}`, String(value)];
  return [
    ...["-map", `[o${index}]`, ...perOutput("c", "libx264"), ...perOutput("preset", "veryfast")],
    ...[...perOutput("profile", rendition.profile), ...perOutput("threads", THREADS)],
    ...[...perOutput("crf", 23), ...perOutput("maxrate", bits), ...perOutput("bufsize", 2 * bits)],
    ...[...perOutput("g", longestGroup(source)), ...perOutput("sc_threshold", 0)],
    // A picture that is decoded before it is shown has two times, and players do not agree on which one it begins at.
    ...perOutput("bf", 0),
    ...perOutput("force_key_frames", keyframeTimes(plan)),
    ...sound,
  ];
}

/** A group of pictures ends by a forced keyframe, never by its length. */
function longestGroup({ frameRate }: VideoSource): number {
  return Math.ceil((frameRate.numerator / frameRate.denominator) * SEGMENT_SECONDS * 4);
}

/** A millisecond before each cut: the next frame is the one, however times are rounded. */
function keyframeTimes({ cutSeconds, durationSeconds }: EncodePlan): string {
  if (cutSeconds !== null) return ["0", ...cutSeconds.map((at) => (at - 0.001).toFixed(3))].join(",");
  const next = `n_forced*${SEGMENT_SECONDS}`;
  return `expr:gte(t,${next})*lte(${next},${(durationSeconds - SHORTEST_SEGMENT_SECONDS).toFixed(3)})`;
}

/**
 * Sound is silence where the source has none: before it begins, in holes, and until the picture ends. What the encoder
 * puts before the first sample takes the place of as many samples, so that the track begins at 0 and all else stays
 * where it was.
 */
function audioArguments(
  plan: EncodePlan,
  { copyAudio, audioBitsPerSecond }: PlannedRendition,
  index: number,
): string[] {
  if (copyAudio) return [`-c:a:${index}`, "copy"];
  // Where the number of channels changes in the middle the filters begin anew, and this one would at 0 again.
  const begin = plan.soundBeginsLater ? ":first_pts=0" : "";
  const filters = [
    `aresample=${SAMPLES_PER_SECOND}:async=1:min_hard_comp=${SOUND_DRIFT_SECONDS}${begin}`,
    `apad=whole_dur=${writtenSeconds(plan)}`,
    `atrim=start_sample=${AAC_PRIMING_SAMPLES}`,
  ];
  return [
    ...[`-c:a:${index}`, "aac", `-b:a:${index}`, String(audioBitsPerSecond)],
    ...[`-ac:a:${index}`, "2", `-ar:a:${index}`, String(SAMPLES_PER_SECOND)],
    ...[`-filter:a:${index}`, filters.join(",")],
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
    ...["-hls_segment_options", "movflags=+frag_discont:use_editlist=0:avoid_negative_ts=disabled"],
    // With a single rendition ffmpeg does not fill in %v here, though it does everywhere else.
    ...["-hls_fmp4_init_filename", renditions === 1 ? "v0_init.mp4" : "v%v_init.mp4"],
    ...["-hls_segment_filename", "v%v_%06d.m4s", "-var_stream_map", streams.join(" "), "v%v.m3u8"],
  ];
}

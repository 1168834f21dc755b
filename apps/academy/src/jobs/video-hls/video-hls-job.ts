import { JobError } from "@statusplane/core";
import { defineJob, type JobContext, type JobDefinition } from "@statusplane/worker";
import { FFMPEG_ERRORS, type FfmpegSource, type ChosenFfmpeg } from "../../ffmpeg/index.ts";
import { looksLikeVideo } from "./looks-like-video.ts";
import { encodeHls } from "./encode-hls.ts";
import { believableRate } from "./frame-rate.ts";
import { POSTER_NAME, startPoster } from "./make-poster.ts";
import { planEncoded, planRenditions, type PlannedRendition } from "./plan-renditions.ts";
import { probeVideo } from "./probe-video.ts";
import { removeRenditions } from "./output-files.ts";
import {
  MASTER_NAME,
  publishHls,
  readSegments,
  renditionSeconds,
  type PublishedRendition,
} from "./publish-hls.ts";
import { playedSeconds, scanPackets, type PacketScan } from "./scan-packets.ts";
import { SYNC_TOLERANCE_SECONDS } from "./segment-times.ts";
import { assertWithinLimits, VIDEO_LIMITS, type VideoLimits } from "./video-limits.ts";
import type { VideoSource } from "./video-source.ts";
import { openVideoTools, type VideoTools } from "./video-tools.ts";
import { VIDEO_ERRORS } from "./video-errors.ts";

export interface VideoHlsOptions extends Partial<Pick<ChosenFfmpeg, "prepare" | "risks">> {
  readonly ffmpeg: FfmpegSource;
  /** Default: {@link VIDEO_LIMITS}. */
  readonly limits?: Partial<VideoLimits>;
}

/** The result of a video job, as the row keeps it. Paths are inside the outputs. */
export type VideoResult = {
  readonly hls_path: string;
  /** Null when no picture could be taken for it. */
  readonly poster_path: string | null;
  /** Whole seconds, 1 at least: 0 would say that there is nothing to see. */
  readonly duration: number;
  /** Smallest first. */
  readonly renditions: readonly PublishedRendition[];
  /** All output files together. */
  readonly size_bytes: number;
};

const STEPS = [
  { key: "probe", label: { ko: "분석", en: "Analyzing" }, weight: 3 },
  { key: "encode", label: { ko: "인코딩", en: "Encoding" }, weight: 92 },
  { key: "poster", label: { ko: "썸네일", en: "Thumbnail" }, weight: 3 },
  { key: "publish", label: { ko: "게시", en: "Publishing" }, weight: 2 },
] as const;

type Context = JobContext<(typeof STEPS)[number]["key"]>;

/** A picture that ends this far before its declared end is cut off: a tenth, and a second for rounding. */
const MIN_READ_SHARE = 0.9;
const END_TOLERANCE_SECONDS = 1;
/** One packet in many is never shown; interlaced, two of them may make one picture. The rest is damage. */
const MIN_DECODED_SHARE = { progressive: 0.75, interlaced: 0.4 };

/**
 * The job type `video_hls`. It waits, with the reason `ffmpeg_missing`, while there is no ffmpeg. Its errors:
 * input_gone, video_unreadable, video_no_picture, video_too_large, video_too_slow, output_too_large, which another try
 * would not mend; encode_failed, storage_full, ffmpeg_missing, which it may.
 */
export function videoHlsJob({ ffmpeg, limits: overrides, ...machine }: VideoHlsOptions): JobDefinition {
  const limits = { ...VIDEO_LIMITS, ...overrides };
  return defineJob({
    type: "video_hls",
    label: { ko: "동영상", en: "Video" },
    errors: [...Object.values(VIDEO_ERRORS), ...Object.values(FFMPEG_ERRORS)],
    kind: "video",
    input: "file",
    looksRight: looksLikeVideo,
    concurrency: 1,
    steps: STEPS,
    ...machine,
    requires: () => ffmpeg.readiness(),
    run: async (ctx) => {
      const { inputPath, signal } = ctx;
      if (inputPath === null) throw new JobError("input_gone");
      const folder = await ctx.outputFolder();
      const tools = await openVideoTools({ ffmpeg, inputPath, folder, limits, signal });
      return run(ctx, tools);
    },
  });
}

async function run(ctx: Context, tools: VideoTools): Promise<VideoResult> {
  ctx.step("probe");
  const planned = await plan(tools);

  ctx.step("encode");
  const { renditions, segments, hasPoster } = await encode(ctx, planned);
  if (!hasPoster) ctx.log.warn({ attempt: ctx.attempt }, "no poster could be taken from the video");

  ctx.step("publish");
  ctx.signal.throwIfAborted();
  const { numerator, denominator } = planned.source.frameRate;
  const published = await publishHls({
    folder: tools.folder,
    ...{ renditions, segments, framesPerSecond: numerator / denominator },
    limits: tools.limits,
  });
  const base = `${ctx.ref.tenant}/${ctx.ref.id}/${ctx.attempt}`;
  return {
    hls_path: `${base}/${MASTER_NAME}`,
    poster_path: hasPoster ? `${base}/${POSTER_NAME}` : null,
    duration: wholeSeconds(Math.max(...segments.map(renditionSeconds))),
    renditions: published.renditions,
    size_bytes: published.sizeBytes,
  };
}

/** The steps encode and poster: the poster is taken meanwhile and awaited after it, and given up with it. */
async function encode(ctx: Context, planned: Plan) {
  const poster = startPoster(planned.tools, planned.source, planned.scan.picture.endSeconds);
  try {
    const encoded = await encodeAsPlanned(ctx, planned);
    ctx.step("poster");
    return { ...encoded, hasPoster: await poster.taken };
  } finally {
    await poster.stop();
  }
}

/** What turns out not to be fit for being taken over (damaged, or with times that leave holes) is encoded. */
async function encodeAsPlanned(ctx: Context, planned: Plan) {
  if (planned.renditions.every(({ copyVideo }) => !copyVideo)) return await write(ctx, planned);
  try {
    return await write(ctx, planned);
  } catch (error) {
    if (!(error instanceof JobError && COPY_FAULTS.has(error.code))) throw error;
    ctx.log.info(
      { attempt: ctx.attempt, reason: String(error.cause) },
      "the video is encoded, not taken over",
    );
  }
  await removeRenditions(planned.tools.folder);
  return await write(ctx, { ...planned, renditions: planEncoded(planned.source) });
}

const COPY_FAULTS: ReadonlySet<string> = new Set([
  VIDEO_ERRORS.encode_failed.code,
  VIDEO_ERRORS.video_unreadable.code,
]);

async function write(ctx: Context, planned: Plan) {
  const { tools, source, renditions, scan, durationSeconds } = planned;
  const cutSeconds = renditions.some(({ copyVideo }) => copyVideo) ? scan.picture.cutSeconds : null;
  const soundBeginsLater = (scan.sound?.startSeconds ?? 0) > SYNC_TOLERANCE_SECONDS;
  const plan = { source, renditions, cutSeconds, durationSeconds, soundBeginsLater };
  const pictures = await encodeHls(tools, plan, (percent) => ctx.progress(percent));
  const share = MIN_DECODED_SHARE[source.interlaced ? "interlaced" : "progressive"];
  if (pictures < scan.picture.packets * share) {
    const cause = new Error(`${pictures} of ${scan.picture.packets} pictures could be decoded`);
    throw new JobError(VIDEO_ERRORS.video_unreadable, { cause });
  }
  return { renditions, segments: await readSegments(tools.folder, renditions.length) };
}

/** Seconds as people and the contract count them. */
function wholeSeconds(seconds: number): number {
  return Math.max(1, Math.round(seconds));
}

interface Plan {
  /** Those that read the file as it was read for the plan. */
  readonly tools: VideoTools;
  readonly source: VideoSource;
  readonly renditions: readonly PlannedRendition[];
  readonly scan: PacketScan;
  readonly durationSeconds: number;
}

/**
 * What a header says of times is not believed before the packets were looked at: an edit list that shows not one of them
 * (a recorder that never wrote its length) is none.
 */
async function plan(opened: VideoTools): Promise<Plan> {
  const { tools, source, scan } = await scanShown(opened);
  const durationSeconds = playedSeconds(scan);
  assertWithinLimits(scan, tools.limits);
  assertWhole(scan.picture.endSeconds, source.durationSeconds);
  return { tools, source, renditions: planRenditions(source, scan), scan, durationSeconds };
}

async function scanShown(opened: VideoTools): Promise<Pick<Plan, "tools" | "source" | "scan">> {
  const asEdited = await scanReadable(opened, await probeVideo(opened));
  const { packets, hiddenPackets } = asEdited.scan.picture;
  if (packets > 0 || hiddenPackets === 0) return { tools: opened, ...asEdited };
  const tools = opened.withoutEditLists();
  return { tools, ...(await scanReadable(tools, await probeVideo(tools))) };
}

/** With the first sound that is not encrypted; a track of it without a packet is none. */
async function scanReadable(tools: VideoTools, probed: VideoSource): Promise<Pick<Plan, "source" | "scan">> {
  const scan = await scanPackets(tools, probed);
  if (scan.picture.encrypted) throw encrypted();
  const [next = null, ...rest] = probed.moreAudio;
  if (scan.sound?.encrypted === true) return scanReadable(tools, { ...probed, audio: next, moreAudio: rest });
  const { packets, startSeconds, endSeconds } = scan.picture;
  const frameRate = believableRate(probed.frameRate, { packets, seconds: endSeconds - startSeconds });
  const source = { ...probed, frameRate, audio: scan.sound === null ? null : probed.audio };
  return { source, scan };
}

/** Nobody but the owner of a key can see it, and its packets look like any others. */
function encrypted(): JobError {
  return new JobError(VIDEO_ERRORS.video_unreadable, { cause: new Error("the picture is encrypted") });
}

/** @throws {JobError} video_unreadable when what was read ends far before what the file declares. */
function assertWhole(readSeconds: number, declaredSeconds: number | null): void {
  if (declaredSeconds === null && readSeconds > 0) return;
  if (readSeconds > 0 && readSeconds >= (declaredSeconds ?? 0) * MIN_READ_SHARE - END_TOLERANCE_SECONDS)
    return;
  const cause = new Error(
    `${readSeconds.toFixed(1)} s of ${declaredSeconds?.toFixed(1) ?? "unknown"} s could be read`,
  );
  throw new JobError(VIDEO_ERRORS.video_unreadable, { cause });
}

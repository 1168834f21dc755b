import { JobError } from "@statusplane/core";
import { z } from "zod";
import { FFMPEG_ERRORS } from "../../ffmpeg/index.ts";
import { needsZscale } from "./color-filters.ts";
import { readSource, type VideoSource } from "./video-source.ts";
import { toolFailure, type VideoTools } from "./video-tools.ts";
import { VIDEO_ERRORS } from "./video-errors.ts";

const PROBE_SECONDS = 60;
/** ffprobe says about 2 KiB a track; more than this is no description. */
const MAX_REPORT_CHARACTERS = 262_144;
/** Of the tags these two alone: a recorder's log or a description may be longer than everything else together. */
const ENTRIES = [
  ...["format=duration,start_time", "stream", "stream_tags=DURATION,rotate", "stream_disposition"],
  "stream_side_data=side_data_type,rotation",
].join(":");

/** A number that ffprobe writes as text ("12.5") and leaves out, or calls "N/A", when it does not know it. */
const numeral = z
  .union([z.string(), z.number()])
  .optional()
  .transform((value) => (value === undefined || !Number.isFinite(Number(value)) ? null : Number(value)));

const stream = z.object({
  index: z.number().int().nonnegative(),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  profile: z.string().optional(),
  level: z.number().optional(),
  pix_fmt: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  sample_aspect_ratio: z.string().optional(),
  field_order: z.string().optional(),
  color_range: z.string().optional(),
  color_space: z.string().optional(),
  color_primaries: z.string().optional(),
  color_transfer: z.string().optional(),
  r_frame_rate: z.string().optional(),
  avg_frame_rate: z.string().optional(),
  duration: numeral,
  duration_ts: z.number().optional(),
  sample_rate: numeral,
  channels: z.number().optional(),
  bit_rate: numeral,
  disposition: z.record(z.string(), z.number()).default({}),
  tags: z.record(z.string(), z.string()).default({}),
  side_data_list: z.array(z.object({ side_data_type: z.string().optional(), rotation: numeral })).default([]),
});

const report = z.object({
  streams: z.array(stream).default([]),
  format: z.object({ duration: numeral, start_time: numeral }),
});

export type ProbeReport = z.infer<typeof report>;
export type ProbeStream = z.infer<typeof stream>;

/**
 * Asks ffprobe what the upload is.
 * @throws {JobError} video_unreadable, video_no_picture, video_too_large, video_too_slow; ffmpeg_missing when the one that
 * there is cannot convert these colours.
 */
export async function probeVideo(tools: VideoTools): Promise<VideoSource> {
  const lines: string[] = [];
  let characters = 0;
  const args = [
    ...["-hide_banner", "-v", "error", "-print_format", "json", "-show_entries", ENTRIES],
    ...tools.input,
  ];
  const end = await tools.run("ffprobe", args, {
    withinSeconds: PROBE_SECONDS,
    onLine(line) {
      characters += line.length;
      if (characters <= MAX_REPORT_CHARACTERS) lines.push(line);
    },
  });
  if (end.exitCode !== 0) {
    const failure = toolFailure("ffprobe", end);
    // Whatever ffprobe cannot open is damaged or no video: another try would fail alike.
    throw failure.code === VIDEO_ERRORS.encode_failed.code
      ? new JobError(VIDEO_ERRORS.video_unreadable, { cause: failure.cause })
      : failure;
  }
  const source = readSource(parseReport(lines.join("\n")), tools.limits, tools);
  if (needsZscale(source.colors) && !tools.hasFilter("zscale")) {
    const cause = new Error("ffmpeg lacks the filter zscale: install an ffmpeg that was built with libzimg");
    throw new JobError(FFMPEG_ERRORS.ffmpeg_missing, { cause });
  }
  return source;
}

/** @throws {JobError} video_unreadable when it is not what ffprobe writes about a video. */
export function parseReport(text: string): ProbeReport {
  try {
    return report.parse(JSON.parse(text));
  } catch (error) {
    throw new JobError(VIDEO_ERRORS.video_unreadable, { cause: error });
  }
}

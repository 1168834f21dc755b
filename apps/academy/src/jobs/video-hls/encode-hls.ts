import { JobError } from "@statusplane/core";
import { encodeArguments, type EncodePlan } from "./encode-arguments.ts";
import { folderBytes } from "./output-files.ts";
import { toolFailure, type VideoTools } from "./video-tools.ts";

/** Even 8K on a slow machine encodes a second of picture in less; shorter videos get a floor. */
const SECONDS_PER_SECOND = 30;
const MIN_ENCODE_SECONDS = 900;
const SIZE_CHECK_MS = 5_000;

/**
 * Runs ffmpeg over the plan.
 * @param onPercent 0–100, from ffmpeg's own `-progress`.
 * @returns how many pictures of the source could be decoded.
 * @throws {JobError} video_unreadable, video_too_slow, output_too_large, storage_full, encode_failed, ffmpeg_missing.
 */
export async function encodeHls(
  tools: VideoTools,
  plan: Omit<EncodePlan, "input" | "limits">,
  onPercent: (percent: number) => void,
): Promise<number> {
  const { limits, input, folder } = tools;
  const { durationSeconds } = plan;
  const tooLarge = new AbortController();
  const watch = watchSize(folder, limits.maxOutputBytes, tooLarge);
  const longest = Math.max(MIN_ENCODE_SECONDS, durationSeconds * SECONDS_PER_SECOND);
  let pictures = 0;
  try {
    const end = await tools.run("ffmpeg", encodeArguments({ ...plan, input, limits }), {
      withinSeconds: Math.min(longest, limits.maxEncodeSeconds),
      signal: tooLarge.signal,
      onLine(line) {
        pictures = picturesOf(line) ?? pictures;
        const percent = percentOf(line, durationSeconds);
        if (percent !== null) onPercent(percent);
      },
    });
    if (end.exitCode !== 0) throw toolFailure("ffmpeg", end);
    return pictures;
  } finally {
    clearInterval(watch);
  }
}

/** Percent of a line of `-progress`: `out_time_us` is N/A at first and ends a little above the whole. */
export function percentOf(line: string, durationSeconds: number): number | null {
  const microseconds = /^out_time_us=(\d+)$/.exec(line)?.[1];
  if (microseconds === undefined || durationSeconds <= 0) return null;
  return Math.min(100, Number(microseconds) / 10_000 / durationSeconds);
}

/** What `-progress` counts is the pictures of the first output. */
function picturesOf(line: string): number | null {
  const pictures = /^frame=\s*(\d+)$/.exec(line)?.[1];
  return pictures === undefined ? null : Number(pictures);
}

function watchSize(folder: string, maxBytes: number, tooLarge: AbortController): NodeJS.Timeout {
  return setInterval(() => {
    folderBytes(folder).then(
      (bytes) => bytes > maxBytes && tooLarge.abort(new JobError("output_too_large")),
      () => undefined, // the folder is being removed: whoever does that aborts us
    );
  }, SIZE_CHECK_MS);
}

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { inputArguments } from "./tool-arguments.ts";
import type { VideoSource } from "./video-source.ts";
import type { VideoTools } from "./video-tools.ts";

export const POSTER_NAME = "poster.jpg";
const MAX_WIDTH = 1_280;
const POSTER_SECONDS = 120;

/**
 * Writes `poster.jpg`: the picture at 10 % of the video (1 s at least, where there is one), 1,280 pixels wide at most.
 * @returns whether there is one: a picture that cannot be had is no reason to throw the encoding away.
 */
export async function makePoster(
  tools: VideoTools,
  source: VideoSource,
  durationSeconds: number,
): Promise<boolean> {
  for (const atSeconds of [posterSeconds(durationSeconds), 0]) {
    const end = await tools.run("ffmpeg", posterArguments(tools, source, atSeconds), {
      withinSeconds: POSTER_SECONDS,
    });
    if (end.exitCode === 0 && (await isWritten(join(tools.folder, POSTER_NAME)))) return true;
  }
  return false;
}

/** Where the poster is taken. */
export function posterSeconds(durationSeconds: number): number {
  return Math.max(durationSeconds / 10, Math.min(1, durationSeconds / 2));
}

function posterArguments(
  { inputPath, limits }: VideoTools,
  source: VideoSource,
  atSeconds: number,
): string[] {
  const width = Math.min(MAX_WIDTH, source.width);
  const height = Math.max(1, Math.round((source.height * width) / source.width));
  return [
    ...["-hide_banner", "-nostdin", "-y", "-v", "error", "-ss", atSeconds.toFixed(3), "-threads", "2"],
    ...inputArguments(inputPath, limits),
    ...["-map", `0:${source.videoTrack}`, "-frames:v", "1", "-an", "-sn", "-dn", "-map_metadata", "-1"],
    ...["-vf", `scale=${width}:${height},setsar=1,format=yuvj420p`, "-c:v", "mjpeg", "-q:v", "4"],
    ...["-f", "image2", "-update", "1", POSTER_NAME],
  ];
}

async function isWritten(path: string): Promise<boolean> {
  try {
    return (await stat(path)).size > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

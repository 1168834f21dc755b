import { stat } from "node:fs/promises";
import { join } from "node:path";
import { jpegFilters } from "./color-filters.ts";
import type { VideoSource } from "./video-source.ts";
import type { VideoTools } from "./video-tools.ts";

export const POSTER_NAME = "poster.jpg";
const MAX_WIDTH = 1_280;
const POSTER_SECONDS = 120;

/** A poster in the making. */
export interface PosterRun {
  /**
   * Whether there is one: a picture that cannot be had is no reason to throw the encoding away.
   * Rejects as {@link VideoTools.run} does.
   */
  readonly taken: Promise<boolean>;
  /** Gives it up and waits until its process is gone; nothing happens where it has ended. */
  stop(): Promise<void>;
}

/**
 * Begins to write `poster.jpg`: the picture at 10 % of the video (1 s at least, where there is one), 1,280 pixels wide
 * at most. In a process of its own, so that it can fail without the encoding, and beside the encoding, because most of
 * its time is the start of a process, which leaves the other processors idle.
 */
export function startPoster(tools: VideoTools, source: VideoSource, durationSeconds: number): PosterRun {
  const stopped = new AbortController();
  const taken = takePoster(tools, { source, durationSeconds, signal: stopped.signal });
  const ended = taken.then(
    () => undefined,
    () => undefined, // told to whoever awaits `taken`; until then no rejection may go unhandled
  );
  return {
    taken,
    stop() {
      stopped.abort();
      return ended;
    },
  };
}

interface PosterOptions {
  readonly source: VideoSource;
  readonly durationSeconds: number;
  readonly signal: AbortSignal;
}

async function takePoster(
  tools: VideoTools,
  { source, durationSeconds, signal }: PosterOptions,
): Promise<boolean> {
  for (const atSeconds of [posterSeconds(durationSeconds), 0]) {
    const end = await tools.run("ffmpeg", posterArguments(tools, source, atSeconds), {
      withinSeconds: POSTER_SECONDS,
      signal,
    });
    if (end.exitCode === 0 && (await isWritten(join(tools.folder, POSTER_NAME)))) return true;
  }
  return false;
}

/** Where the poster is taken. */
export function posterSeconds(durationSeconds: number): number {
  return Math.max(durationSeconds / 10, Math.min(1, durationSeconds / 2));
}

function posterArguments({ input }: VideoTools, source: VideoSource, atSeconds: number): string[] {
  const width = Math.min(MAX_WIDTH, source.width);
  const height = Math.max(1, Math.round((source.height * width) / source.width));
  return [
    ...["-hide_banner", "-nostdin", "-y", "-v", "error", "-ss", atSeconds.toFixed(3), "-threads", "2"],
    ...input,
    ...["-map", `0:${source.videoTrack}`, "-frames:v", "1", "-an", "-sn", "-dn", "-map_metadata", "-1"],
    ...["-vf", [`scale=${width}:${height}`, "setsar=1", ...jpegFilters(source.colors)].join(",")],
    ...["-c:v", "mjpeg", "-q:v", "4"],
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

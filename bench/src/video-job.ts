import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { jobRef } from "@statusplane/core";
import type { JobContext } from "@statusplane/worker";
import { openFfmpeg, type Ffmpeg } from "../../apps/academy/src/ffmpeg/index.ts";
import { videoHlsJob } from "../../apps/academy/src/jobs/video-hls/index.ts";

const execute = promisify(execFile);
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A picture with a tone in MPEG-4, so that nothing of it can be taken over. */
export async function makeClip(ffmpeg: Ffmpeg, path: string, seconds: number): Promise<void> {
  const picture = `testsrc2=size=1280x720:rate=30:duration=${seconds}`;
  const sources = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=440", "-shortest"];
  await execute(ffmpeg.ffmpegPath, [
    "-v",
    "error",
    ...sources,
    "-c:v",
    "mpeg4",
    "-q:v",
    "4",
    "-c:a",
    "aac",
    path,
  ]);
}

export interface VideoRun {
  readonly ffmpeg: Ffmpeg;
  readonly inputPath: string;
  readonly folder: string;
  /** What it says of itself; default: nobody hears it. */
  readonly heard?: Pick<JobContext, "step" | "progress">;
}

const UNHEARD = { step: () => undefined, progress: () => undefined };

/** Runs one video job to its end, as a worker would. @throws what it fails with. */
export async function runVideo({ ffmpeg, inputPath, folder, heard = UNHEARD }: VideoRun): Promise<void> {
  const ctx: JobContext = {
    ...{ ref: jobRef("bench", "video", "1"), tenant: "bench", attempt: 1, createdBy: null, title: null },
    ...{ payload: null, inputPath, log, signal: new AbortController().signal },
    ...{ outputFolder: async () => folder, output: async (name) => join(folder, name) },
    ...heard,
    ...{ partial: () => undefined, kept: () => undefined, checkpoint: () => undefined, resumeFrom: null },
  };
  await videoHlsJob({ ffmpeg: openFfmpeg({}, async () => ffmpeg) }).run(ctx, null);
}

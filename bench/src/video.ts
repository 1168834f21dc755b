import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { findFfmpeg, type Ffmpeg } from "../../apps/academy/src/ffmpeg/index.ts";
import { encodeArguments } from "../../apps/academy/src/jobs/video-hls/encode-arguments.ts";
import { VIDEO_LIMITS } from "../../apps/academy/src/jobs/video-hls/index.ts";
import { planEncoded } from "../../apps/academy/src/jobs/video-hls/plan-renditions.ts";
import { makeClip, runVideo } from "./video-job.ts";
import { inputArguments } from "../../apps/academy/src/jobs/video-hls/tool-arguments.ts";
import type { VideoSource } from "../../apps/academy/src/jobs/video-hls/video-source.ts";

const ROUNDS = 4;
const CLIP_SECONDS = 28;
const WANTED_RATIO = 1.05;

/** What the bench knows of its clip without asking ffprobe: MPEG-4, so that nothing can be taken over. */
const CLIP: VideoSource = {
  ...{ videoTrack: 0, width: 1_280, height: 720, frameRate: { numerator: 30, denominator: 1 } },
  ...{ interlaced: false, durationSeconds: CLIP_SECONDS, startSeconds: 0, browserPicture: false },
  colors: {
    ...{ pixelFormat: "yuv420p", range: "tv", matrix: undefined, primaries: undefined, transfer: undefined },
    ...{ width: 1_280, height: 720 },
  },
  audio: { track: 1, browserSound: true },
  moreAudio: [],
};

/**
 * The time of a whole video job (probe, encode, poster, publish, durable files) against the same ffmpeg command line
 * alone on the same clip, taken in turns; medians. The job's side includes its confinement.
 * @throws {Error} when there is no ffmpeg.
 */
export async function run(): Promise<void> {
  const ffmpeg = await findFfmpeg();
  if (ffmpeg === null) throw new Error("ffmpeg is missing");
  const folder = await mkdtemp(join(tmpdir(), "statusplane-bench-video-"));
  try {
    const clip = join(folder, "clip.mp4");
    await makeClip(ffmpeg, clip, CLIP_SECONDS);
    await runAlone(ffmpeg, clip, join(folder, "warm")); // the programs and the clip are in memory from here on
    const job: number[] = [];
    const alone: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const sides = [
        async () => job.push(await measure(() => runJob(ffmpeg, clip, join(folder, `job-${round}`)))),
        async () => alone.push(await measure(() => runAlone(ffmpeg, clip, join(folder, `alone-${round}`)))),
      ];
      for (const side of round % 2 === 0 ? sides : sides.reverse()) await side();
    }
    report(job, alone);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runJob(ffmpeg: Ffmpeg, inputPath: string, folder: string): Promise<void> {
  await mkdir(folder);
  await runVideo({ ffmpeg, inputPath, folder });
  await assertWritten(folder);
}

async function runAlone(ffmpeg: Ffmpeg, inputPath: string, folder: string): Promise<void> {
  await mkdir(folder);
  const renditions = planEncoded(CLIP);
  const plan = {
    input: inputArguments(inputPath, VIDEO_LIMITS),
    source: CLIP,
    renditions,
    ...{ cutSeconds: null, durationSeconds: CLIP_SECONDS, soundBeginsLater: false },
    limits: VIDEO_LIMITS,
  };
  // A session of its own, like the job's: on a busy machine the scheduler shares by session.
  const child = spawn(ffmpeg.ffmpegPath, encodeArguments(plan), {
    cwd: folder,
    detached: true,
    stdio: "ignore",
  });
  const [exitCode]: unknown[] = await once(child, "exit");
  if (exitCode !== 0) throw new Error(`ffmpeg ended with ${String(exitCode)}`);
  await assertWritten(folder);
}

/** Seconds by the clock. */
async function measure(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1_000;
}

/** Both sides must have written both renditions, or the comparison means nothing. */
async function assertWritten(folder: string): Promise<void> {
  const names = await readdir(folder);
  const last = `_00000${Math.ceil(CLIP_SECONDS / 4) - 1}.m4s`;
  if (!names.includes(`v0${last}`) || !names.includes(`v1${last}`)) throw new Error("a rendition is missing");
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

function report(job: readonly number[], alone: readonly number[]): void {
  const list = (values: readonly number[]) => values.map((seconds) => seconds.toFixed(2)).join(" ");
  const ratio = median(job) / median(alone);
  console.log(`video: a ${CLIP_SECONDS} s clip of 1280x720 into 360p and 720p, ${ROUNDS} rounds in turns`);
  console.log(`  the job        ${median(job).toFixed(2)} s  (${list(job)})`);
  console.log(`  ffmpeg alone   ${median(alone).toFixed(2)} s  (${list(alone)})`);
  console.log(`  ratio          ${ratio.toFixed(3)}  (wanted: at most ${WANTED_RATIO})`);
}

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { jobRef } from "@statusplane/core";
import type { JobContext } from "@statusplane/worker";
import { openFfmpeg } from "../src/ffmpeg/index.ts";
import { openFolderFiles } from "@statusplane/runtime";
import { videoHlsJob, type VideoLimits, type VideoResult } from "../src/jobs/video-hls/index.ts";

const run = promisify(execFile);
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
export const ffmpeg = openFfmpeg();

/** A folder of its own for one test file: sources that ffmpeg makes, and a data folder. */
export async function openWorkbench() {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "statusplane-video-")));
  const files = await openFolderFiles(join(folder, "data"));
  const made = new Map<string, Promise<string>>();
  let jobs = 0;

  /** Makes a source once: the arguments between `ffmpeg` and the file's name. */
  function source(name: string, args: readonly string[]): Promise<string> {
    const path = join(folder, name);
    const making = made.get(name) ?? run("ffmpeg", ["-v", "error", "-y", ...args, path]).then(() => path);
    made.set(name, making);
    return making;
  }

  /** Runs the job's code on a file, as the runner would, and collects what it reports. */
  async function encode(inputPath: string, options: EncodeOptions = {}) {
    const ref = jobRef("7", "video", String(++jobs));
    const steps: string[] = [];
    const percents: number[] = [];
    const ctx: JobContext = {
      ...{
        ref,
        tenant: "7",
        attempt: 1,
        createdBy: null,
        title: null,
        payload: null,
        inputPath,
        log,
      },
      signal: options.signal ?? new AbortController().signal,
      outputFolder: () => files.makeOutputFolder(ref, 1),
      step(key) {
        steps.push(key);
        options.onStep?.(key);
      },
      progress(percent) {
        percents.push(percent);
        options.onProgress?.(percent);
      },
      partial: () => undefined,
      kept: () => undefined,
      output: () => Promise.reject(new TypeError("a video declares no files")),
      checkpoint: () => undefined,
      resumeFrom: null,
    };
    const job = videoHlsJob({ ffmpeg: options.ffmpeg ?? ffmpeg, limits: options.limits ?? {} });
    const outputs = files.outputFolder(ref, 1);
    const end = job.run(ctx, null).then((result) => result as unknown as VideoResult);
    return { ref, outputs, steps, percents, end };
  }

  return { folder, files, source, encode, close: () => rm(folder, { recursive: true, force: true }) };
}

export interface EncodeOptions {
  readonly signal?: AbortSignal;
  readonly limits?: Partial<VideoLimits>;
  readonly ffmpeg?: typeof ffmpeg;
  readonly onProgress?: (percent: number) => void;
  readonly onStep?: (key: string) => void;
}

/** A moving picture of the given size; H.264 with a keyframe every second unless told otherwise. */
export function picture(size: string, seconds: number, more: readonly string[] = []): string[] {
  const source = `testsrc2=size=${size}:rate=25:duration=${seconds}`;
  return ["-f", "lavfi", "-i", source, ...more];
}

export const SINE = ["-f", "lavfi", "-i", "sine=frequency=440", "-shortest"];
export const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25"];
export const AAC = ["-c:a", "aac", "-ac", "2", "-ar", "48000"];

/** What ffprobe says about a file, or about an init segment with its media segments. */
export async function probe(path: string, entries: string): Promise<string[]> {
  const { stdout } = await run("ffprobe", ["-v", "error", "-show_entries", entries, "-of", "csv=p=0", path]);
  const sections = stdout.trim().split(/\n\s*\n/); // a playlist's tracks come twice: by program, then by themselves
  return (sections.at(-1) ?? "").split("\n");
}

/** The processes whose command line names a file; by ps where there is no /proc. */
export async function processesNaming(path: string): Promise<string[]> {
  const pids = await readdir("/proc").catch(() => null); // no /proc: this is not Linux, and ps tells
  const lines =
    pids === null
      ? (await run("ps", ["-A", "-o", "command="])).stdout.split("\n")
      : await Promise.all(
          pids
            .filter((name) => /^\d+$/.test(name))
            .map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")), // gone meanwhile
        );
  return lines.filter((line) => line.includes(path));
}

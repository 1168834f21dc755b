import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs ffmpeg, which overwrites what it is told to write. */
export async function ffmpeg(...args: readonly string[]): Promise<void> {
  await run("ffmpeg", ["-hide_banner", "-nostdin", "-v", "error", "-y", ...args], { maxBuffer: 2 ** 24 });
}

/** Makes one file at a path that ends with its name. */
export type Make = (path: string) => Promise<void>;

export interface Shape {
  /** Seconds; default 3. */
  readonly d?: number;
  /** Default "640x360". */
  readonly s?: string;
  /** Frames per second; default 30. */
  readonly r?: number | string;
}

const lavfi = (graph: string): string[] => ["-f", "lavfi", "-i", graph];

/** A white flash and a beep at each whole second; two inputs: picture, sound. */
export function flashes({ d = 12, s = "640x360", r = 30 }: Shape = {}): string[] {
  const white = `lt(mod(t+0.001,1),${(1.2 / Number(r)).toFixed(4)})`;
  return [
    ...lavfi(`color=black:s=${s}:r=${r}:d=${d},drawbox=enable='${white}':color=white:t=fill`),
    ...lavfi(`aevalsrc='if(lt(mod(t,1),0.05),0.8*sin(2*PI*1000*t),0)':s=48000:d=${d}`),
  ];
}

/** A moving test picture. */
export function moving({ d = 3, s = "640x360", r = 30 }: Shape = {}): string[] {
  return lavfi(`testsrc2=s=${s}:r=${r}:d=${d}`);
}

/** Still bars. */
export function bars({ d = 2, s = "640x360", r = 25 }: Shape = {}): string[] {
  return lavfi(`smptehdbars=s=${s}:r=${r}:d=${d}`);
}

/** So many tones, each an input: 440 Hz, 880 Hz … */
export function tones(d = 3, n = 1): string[] {
  return Array.from({ length: n }, (_, index) => lavfi(`sine=frequency=${440 * (index + 1)}:d=${d}`)).flat();
}

export { lavfi };
export const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30"];
/** With B-frames. */
export const H264B = [
  "-c:v",
  "libx264",
  "-preset",
  "veryfast",
  "-pix_fmt",
  "yuv420p",
  "-g",
  "60",
  "-bf",
  "2",
];
export const HEVC = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"];
export const VP8 = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8"];
export const MPEG4 = ["-c:v", "mpeg4", "-q:v", "4"];
export const AAC = ["-c:a", "aac", "-b:a", "128k", "-ac", "2"];
export const ENCRYPTED = [
  ...["-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb"],
  ...["-encryption_kid", "a7e61c373e219033c21091fa607bf3b8"],
];

/** One call of ffmpeg. */
export function made(...args: readonly string[]): Make {
  return (path) => ffmpeg(...args, path);
}

/** Two calls: `{t}` in the second's arguments is what the first wrote. */
export function twice(first: readonly string[], second: readonly string[], extension = "mp4"): Make {
  return async (path) => {
    const between = `${path}.between.${extension}`;
    await ffmpeg(...first, between);
    await ffmpeg(...second.map((each) => each.replace("{t}", between)), path);
    await rm(between);
  };
}

/** One call, and its bytes changed. */
export function patched(args: readonly string[], change: (bytes: Buffer) => Buffer): Make {
  return async (path) => {
    await ffmpeg(...args, path);
    await writeFile(path, change(await readFile(path)));
  };
}

/** One call, and only the first share of its bytes. */
export function cut(args: readonly string[], share: number): Make {
  return patched(args, (bytes) => bytes.subarray(0, Math.floor(bytes.length * share)));
}

/** One track of the clip begins later than the other by so many seconds. */
export function shifted(track: "picture" | "sound", seconds: number, codecs: readonly string[]): Make {
  const late = ["-itsoffset", String(seconds), "-i", "{t}"];
  const inputs = track === "picture" ? [...late, "-i", "{t}"] : ["-i", "{t}", ...late];
  const copied = [...inputs, "-map", "0:v", "-map", "1:a", "-c", "copy"];
  return twice([...flashes(), ...codecs, ...AAC], copied, "mkv");
}

/** A path beside the file, for parts that it is made of. */
export function beside(path: string, name: string): string {
  return join(`${path}.${name}`);
}

import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findConfinement, type Confinement } from "./confinement.ts";
import { findProgram, isExecutable } from "./find-program.ts";

const run = promisify(execFile);
const PROBE_TIMEOUT_MS = 10_000;
/** What a build must be able to write; distributions' builds are, some minimal ones are not. */
const NEEDED_ENCODERS = ["libx264", "aac", "mjpeg"];

/** A usable ffmpeg. */
export interface Ffmpeg {
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  /** As the program says it, e.g. `5.1.9-0+deb12u1`. */
  readonly version: string;
  readonly confinement: Confinement;
  /** Codecs that it can decode, e.g. `h264`. */
  readonly decodable: ReadonlySet<string>;
  /** Names of its filters, e.g. `zscale`, which needs libzimg. */
  readonly filters: ReadonlySet<string>;
}

export interface FfmpegPaths {
  /** `FFMPEG_PATH`; default: `ffmpeg` in `PATH`. */
  readonly ffmpegPath?: string | undefined;
  /** `FFPROBE_PATH`; default: beside `ffmpegPath` when that is given, else `ffprobe` in `PATH`. */
  readonly ffprobePath?: string | undefined;
  /** Where to look; default: the process's own `PATH`. */
  readonly path?: string | undefined;
}

/**
 * Looks for ffmpeg and ffprobe and tries both. Null when one is missing, does not start, or cannot write H.264 and
 * AAC: all of that is `ffmpeg_missing` to whoever waits for it.
 */
export async function findFfmpeg(paths: FfmpegPaths = {}): Promise<Ffmpeg | null> {
  const ffmpegPath = paths.ffmpegPath ?? (await findProgram("ffmpeg", paths.path));
  if (ffmpegPath === null || !(await isExecutable(ffmpegPath))) return null;
  const beside = paths.ffmpegPath === undefined ? null : join(dirname(ffmpegPath), "ffprobe");
  const ffprobePath =
    paths.ffprobePath ??
    (beside !== null && (await isExecutable(beside)) ? beside : await findProgram("ffprobe", paths.path));
  if (ffprobePath === null || !(await isExecutable(ffprobePath))) return null;
  const [version, probeVersion, encoders, codecs, filters] = await Promise.all([
    output(ffmpegPath, ["-version"]),
    output(ffprobePath, ["-version"]),
    output(ffmpegPath, ["-hide_banner", "-encoders"]),
    output(ffmpegPath, ["-hide_banner", "-codecs"]),
    output(ffmpegPath, ["-hide_banner", "-filters"]),
  ]);
  const words = new Set(encoders?.split(/\s+/));
  if (version === null || probeVersion === null || !NEEDED_ENCODERS.every((name) => words.has(name)))
    return null;
  return {
    ffmpegPath,
    ffprobePath,
    version: /^ffmpeg version (\S+)/.exec(version)?.[1] ?? "unknown",
    confinement: await findConfinement([ffmpegPath, ffprobePath]),
    // " DEV.LS h264  H.264 …": D where it can be decoded. " TSC scale  V->V  …".
    decodable: namesIn(codecs, /^ D\S+ +(\S+)/gm),
    filters: namesIn(filters, /^ [.A-Z]{2,3} +(\S+)/gm),
  };
}

function namesIn(listing: string | null, line: RegExp): ReadonlySet<string> {
  return new Set(Array.from((listing ?? "").matchAll(line), ([, name = ""]) => name));
}

async function output(program: string, args: readonly string[]): Promise<string | null> {
  try {
    return (await run(program, [...args], { timeout: PROBE_TIMEOUT_MS, maxBuffer: 2 ** 20 })).stdout;
  } catch {
    return null; // it does not start, or ends with an error: not usable
  }
}

import { JobError, StatusplaneError, type ErrorCode, type ErrorDefinition } from "@statusplane/core";
import {
  FFMPEG_ERRORS,
  runConfined,
  type ConfinedEnd,
  type Ffmpeg,
  type FfmpegSource,
} from "../../ffmpeg/index.ts";
import { inputArguments } from "./tool-arguments.ts";
import type { VideoLimits } from "./video-limits.ts";
import { VIDEO_ERRORS } from "./video-errors.ts";

/** ffprobe and ffmpeg on one uploaded file, bound to its attempt's folder and signal. */
export interface VideoTools {
  /** What opens the file, on the command line of either. */
  readonly input: readonly string[];
  readonly folder: string;
  readonly limits: VideoLimits;
  canDecode(codec: string): boolean;
  hasFilter(name: string): boolean;
  /** The same tools, for which the file's edit lists are not there. */
  withoutEditLists(): VideoTools;
  run(tool: "ffprobe" | "ffmpeg", args: readonly string[], options: ToolRunOptions): Promise<ConfinedEnd>;
}

export interface ToolRunOptions {
  /** Longest life by the clock, seconds. */
  readonly withinSeconds: number;
  readonly onLine?: (line: string) => void;
  /** Beside the attempt's own signal. */
  readonly signal?: AbortSignal;
}

export interface VideoToolsOptions {
  readonly ffmpeg: FfmpegSource;
  readonly inputPath: string;
  readonly folder: string;
  readonly limits: VideoLimits;
  readonly signal: AbortSignal;
}

/** Encoders and filters run on two threads each; more processor time than this per second of life is no encoding. */
const CPU_SECONDS_PER_SECOND = 8;

/** @throws {JobError} ffmpeg_missing when there is none now. */
export async function openVideoTools(options: VideoToolsOptions): Promise<VideoTools> {
  const { inputPath, folder, limits } = options;
  const ffmpeg = await getFfmpeg(options.ffmpeg);
  const tools: VideoTools = {
    ...{ input: inputArguments(inputPath, limits), folder, limits },
    withoutEditLists: () => ({
      ...tools,
      input: inputArguments(inputPath, limits, { ignoresEditLists: true }),
    }),
    canDecode: (codec) => ffmpeg.decodable.has(codec),
    hasFilter: (name) => ffmpeg.filters.has(name),
    async run(tool, args, { withinSeconds, onLine, signal }) {
      const program = tool === "ffmpeg" ? ffmpeg.ffmpegPath : ffmpeg.ffprobePath;
      try {
        return await runConfined({
          confinement: ffmpeg.confinement,
          program,
          args,
          readable: [inputPath],
          writable: [folder],
          limits: {
            memoryBytes: limits.memoryBytes,
            cpuSeconds: Math.ceil(withinSeconds * CPU_SECONDS_PER_SECOND),
            fileBytes: limits.maxOutputBytes,
            wallClockMs: withinSeconds * 1_000,
          },
          signal: signal === undefined ? options.signal : AbortSignal.any([options.signal, signal]),
          ...(onLine === undefined ? {} : { onLine }),
        });
      } catch (error) {
        throw isNotThere(error, program)
          ? new JobError(FFMPEG_ERRORS.ffmpeg_missing, { cause: error })
          : error;
      }
    },
  };
  return tools;
}

async function getFfmpeg(source: FfmpegSource): Promise<Ffmpeg> {
  try {
    return await source.get();
  } catch (error) {
    if (error instanceof StatusplaneError) throw new JobError(error.definition, { cause: error });
    throw error;
  }
}

function isNotThere(error: unknown, program: string): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    error.code === "ENOENT" &&
    "path" in error &&
    error.path === program
  );
}

/** What ended a tool, as a job's error; the words of the tool go into `cause`, for operators. */
export function toolFailure(tool: "ffprobe" | "ffmpeg", end: ConfinedEnd): JobError {
  const words = end.stderrTail.trim();
  const cause = new Error(
    `${tool} ended with ${end.limit ?? `exit code ${end.exitCode ?? "none"}`}: ${words}`,
  );
  return new JobError(failureOf(end, words), { cause });
}

/** What ffmpeg says of a file that is damaged, or of which it could not decode a single picture ("… after EOF"). */
const UNREADABLE =
  /Invalid data found|moov atom not found|not contain any stream|Output file is empty|Cannot determine format of input/;

function failureOf({ limit }: ConfinedEnd, words: string): ErrorDefinition | ErrorCode {
  if (limit === "wall_clock" || limit === "cpu") return VIDEO_ERRORS.video_too_slow;
  if (limit === "file_size") return "output_too_large";
  if (/No space left on device|Disk quota exceeded/.test(words)) return "storage_full";
  if (/exceeds max_streams|max_streams/.test(words)) return VIDEO_ERRORS.video_too_large;
  if (UNREADABLE.test(words)) return VIDEO_ERRORS.video_unreadable;
  return VIDEO_ERRORS.encode_failed;
}

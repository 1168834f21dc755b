import { StatusplaneError } from "@statusplane/core";
import { FFMPEG_ERRORS } from "./ffmpeg-errors.ts";
import { findFfmpeg, type Ffmpeg, type FfmpegPaths } from "./find-ffmpeg.ts";
import { isExecutable } from "./find-program.ts";

/** Whatever ffmpeg there is at the moment: it may be installed, or removed, while the program runs. */
export interface FfmpegSource {
  /** Why no video can be encoded now, null when one can. Looks again each time while it is missing; cheap otherwise. */
  readiness(): Promise<"ffmpeg_missing" | null>;
  /** The ffmpeg there is now, or null. */
  find(): Promise<Ffmpeg | null>;
  /** @throws {ffmpeg_missing} when there is none now. */
  get(): Promise<Ffmpeg>;
}

/** Opens the source; nothing is looked for before the first question. Concurrent questions share one look. */
export function openFfmpeg(
  paths: FfmpegPaths = {},
  find: (paths: FfmpegPaths) => Promise<Ffmpeg | null> = findFfmpeg,
): FfmpegSource {
  let found: Ffmpeg | null = null;
  let looking: Promise<Ffmpeg | null> | null = null;

  async function current(): Promise<Ffmpeg | null> {
    if (found !== null) {
      const there = await Promise.all([isExecutable(found.ffmpegPath), isExecutable(found.ffprobePath)]);
      if (!there.includes(false)) return found;
      found = null;
    }
    looking ??= find(paths).finally(() => (looking = null));
    return (found = await looking);
  }

  return {
    find: current,
    readiness: async () => ((await current()) === null ? "ffmpeg_missing" : null),
    async get() {
      const ffmpeg = await current();
      if (ffmpeg === null) throw new StatusplaneError(FFMPEG_ERRORS.ffmpeg_missing);
      return ffmpeg;
    },
  };
}

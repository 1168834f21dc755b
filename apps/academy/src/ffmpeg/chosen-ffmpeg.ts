import { optionalVariable, flag, type ValuesOf } from "@statusplane/runtime";
import type { JobRisk, Preparation } from "@statusplane/worker";
import { z } from "zod";
import { findConfinement, type Confinement } from "./confinement.ts";
import { ensureFfmpeg } from "./ensure-ffmpeg.ts";
import { openFfmpeg, type FfmpegSource } from "./ffmpeg-source.ts";
import { findProgram } from "./find-program.ts";

/** What an installation may say of its ffmpeg. */
export const FFMPEG_VARIABLES = {
  FFMPEG_PATH: optionalVariable(z.string(), "ffmpeg; not set: found in PATH"),
  FFPROBE_PATH: optionalVariable(z.string(), "ffprobe; not set: found in PATH"),
  INSTALL_FFMPEG: optionalVariable(
    flag,
    "a missing ffmpeg: 1 installs it without a question, 0 never does; not set: asks at a terminal, installs elsewhere where root, a sudo without password or Homebrew can",
  ),
};

/** An ffmpeg as a job type uses one: what `defineJob` takes beside its code. */
export interface ChosenFfmpeg {
  readonly ffmpeg: FfmpegSource;
  readonly prepare: (machine: Preparation) => Promise<void>;
  readonly risks: () => Promise<readonly JobRisk[]>;
}

/** The ffmpeg of these settings: what is missing is asked for, or installed; a path that somebody chose is only judged. */
export function chosenFfmpeg(settings: ValuesOf<typeof FFMPEG_VARIABLES>): ChosenFfmpeg {
  const { FFMPEG_PATH, FFPROBE_PATH, INSTALL_FFMPEG: install } = settings;
  const ffmpeg = openFfmpeg({
    ...(FFMPEG_PATH === null ? {} : { ffmpegPath: FFMPEG_PATH }),
    ...(FFPROBE_PATH === null ? {} : { ffprobePath: FFPROBE_PATH }),
  });
  return {
    ffmpeg,
    prepare: async ({ say, ask }) => {
      if (FFMPEG_PATH === null && FFPROBE_PATH === null) await ensureFfmpeg({ ffmpeg, say, install, ask });
      else if ((await ffmpeg.readiness()) !== null)
        say(
          "warn",
          "FFMPEG_PATH and FFPROBE_PATH name no ffmpeg that can be used; video jobs wait until they do",
        );
    },
    risks: () => confinementRisks("ffmpeg"),
  };
}

/** What this system has to hold a program back, tried with a harmless one: the program itself may be missing yet. */
export async function confinementHere(): Promise<Confinement> {
  return findConfinement([(await findProgram("true")) ?? "/bin/true"]);
}

/** What this system lacks to hold back what opens strangers' files. @param what opens them, in words. */
export async function confinementRisks(what: string): Promise<readonly JobRisk[]> {
  const { bwrap } = await confinementHere();
  if (bwrap !== null) return [];
  const problem = `bwrap: it is missing or not allowed here, so that ${what} sees the whole file system and the network; install bubblewrap and allow user namespaces`;
  return [{ code: "unconfined", problem }];
}

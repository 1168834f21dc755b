/**
 * The system's ffmpeg: finding it, asking for it or installing it where it is missing, and running it confined.
 * May import core, zod, the runtime's variables and node's own modules. Data comes in as argument lists and file paths that the caller made;
 * it goes out as lines of a program's stdout, its exit code and the tail of its stderr.
 * Nothing here knows what a job or a video is: that is jobs/video-hls.
 * Whatever opens an uploaded file goes through `runConfined`, never through a plain spawn.
 */
export { confineCommand, confinementGaps, findConfinement, type Confinement } from "./confinement.ts";
export { ensureFfmpeg, type EnsureFfmpegOptions, type EnsureOutcome } from "./ensure-ffmpeg.ts";
export { FFMPEG_ERRORS } from "./ffmpeg-errors.ts";
export { openFfmpeg, type FfmpegSource } from "./ffmpeg-source.ts";
export { findProgram } from "./find-program.ts";
export { findFfmpeg, type Ffmpeg, type FfmpegPaths } from "./find-ffmpeg.ts";
export type { Machine } from "./install-plan.ts";
export { runInstallStep } from "./run-install-step.ts";
export {
  FFMPEG_VARIABLES,
  chosenFfmpeg,
  confinementHere,
  confinementRisks,
  type ChosenFfmpeg,
} from "./chosen-ffmpeg.ts";
export { runConfined, type ConfinedEnd, type ConfinedRun, type ProcessLimits } from "./run-confined.ts";

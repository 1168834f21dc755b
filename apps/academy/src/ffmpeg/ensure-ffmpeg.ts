import { confinementGaps } from "./confinement.ts";
import type { FfmpegSource } from "./ffmpeg-source.ts";
import { planInstall, type InstallPlan, type Machine } from "./install-plan.ts";
import { lookAtMachine } from "./look-at-machine.ts";
import { runInstallStep } from "./run-install-step.ts";

export interface EnsureFfmpegOptions {
  readonly ffmpeg: FfmpegSource;
  /** Told what is there and what is being done (`info`), and what a person has to do (`warn`); one English sentence each. */
  readonly say: (level: "info" | "warn", sentence: string) => void;
  /** Decided beforehand: true installs without a question, false never. Null: asks, or installs where nobody can be asked. */
  readonly install: boolean | null;
  /** Asks the person at the terminal yes or no; null where nobody can be asked. */
  readonly ask: ((question: string) => Promise<boolean>) | null;
  /** For tests: what this machine can do; default: looks. */
  readonly machine?: () => Promise<Machine>;
  /** For tests: runs one step; default: as a process, without a shell. */
  readonly execute?: typeof runInstallStep;
}

/** `present` it was there · `installed` it is now · `missing` a person has to act: `say` told them how. */
export type EnsureOutcome = "present" | "installed" | "missing";

/**
 * Sees to it that there is an ffmpeg: looks; where it is missing asks the person at the terminal before anything is
 * installed, or announces and installs it where nobody can be asked; else says the exact command. Says as well what
 * this system lacks to hold ffmpeg back. Never throws: the server is listening already, and video jobs wait meanwhile.
 */
export async function ensureFfmpeg(options: EnsureFfmpegOptions): Promise<EnsureOutcome> {
  const { ffmpeg, say } = options;
  const outcome = (await ffmpeg.find()) === null ? await offer(options) : "present";
  const found = outcome === "missing" ? null : await ffmpeg.find();
  if (found === null) return outcome;
  say("info", `ffmpeg ${found.version} is ${outcome === "installed" ? "installed" : "there"}`);
  for (const gap of confinementGaps(found.confinement)) say("warn", gap);
  if (!found.filters.has("zscale"))
    say(
      "warn",
      "This ffmpeg lacks the filter zscale (libzimg): HDR videos fail until one that has it is installed.",
    );
  return outcome;
}

async function offer(options: EnsureFfmpegOptions): Promise<EnsureOutcome> {
  const { ffmpeg, say, install, ask, machine = lookAtMachine } = options;
  const plan = planInstall(await machine());
  const isAble = plan.steps.length > 0 && (!plan.needsPassword || ask !== null);
  if (!isAble || install === false) {
    say("warn", `ffmpeg is missing. ${advice(plan)}`);
    return "missing";
  }
  if (install === null && ask !== null) {
    const agreed = await ask(
      `ffmpeg is missing; videos wait until it is there. Install it now (${plan.command})?`,
    );
    if ((await ffmpeg.find()) !== null) return "installed"; // by somebody else, while the question stood
    if (!agreed) {
      say("warn", `ffmpeg is not installed. ${advice(plan)}`);
      return "missing";
    }
  }
  return installIt(plan, options);
}

async function installIt(plan: InstallPlan, options: EnsureFfmpegOptions): Promise<EnsureOutcome> {
  const { ffmpeg, say, ask, execute = runInstallStep } = options;
  const how = options.install === null && ask === null ? " (INSTALL_FFMPEG=0 keeps it from that)" : "";
  say("info", `ffmpeg is missing; installing it: ${plan.command}${how}`);
  try {
    for (const step of plan.steps) await execute(step, { isBeforePerson: ask !== null });
  } catch (error) {
    say("warn", `Installing ffmpeg did not work (${firstLine(error)}). ${advice(plan)}`);
    return "missing";
  }
  if ((await ffmpeg.find()) !== null) return "installed";
  say("warn", `ffmpeg was installed but cannot be used. ${advice(plan)}`);
  return "missing";
}

function advice({ command }: InstallPlan): string {
  return command === null
    ? "Install ffmpeg with libx264, or set FFMPEG_PATH and FFPROBE_PATH; video jobs wait until then."
    : `Install it by: ${command}; video jobs wait until then.`;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

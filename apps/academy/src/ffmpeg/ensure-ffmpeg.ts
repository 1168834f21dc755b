import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { confinementGaps } from "./confinement.ts";
import type { FfmpegSource } from "./ffmpeg-source.ts";
import { findProgram } from "./find-program.ts";
import { planInstall, type Machine } from "./install-plan.ts";

const run = promisify(execFile);
const SUDO_TIMEOUT_MS = 5_000;
const STEP_TIMEOUT_MS = 15 * 60_000;

export interface EnsureFfmpegOptions {
  readonly ffmpeg: FfmpegSource;
  /** Told what is being done, one English sentence each. */
  readonly say: (sentence: string) => void;
  /** For tests: what this machine can do; default: looks. */
  readonly machine?: () => Promise<Machine>;
  /** For tests: runs one step; default: as a process, without a shell. */
  readonly execute?: (program: string, args: readonly string[]) => Promise<void>;
}

/** `present` it was there · `installed` it is now · `missing` a person has to act: `say` told them how. */
export type EnsureOutcome = "present" | "installed" | "missing";

/**
 * Sees to it that there is an ffmpeg: looks; installs it where that needs no question and says so; else says the exact
 * command. Says as well what this system lacks to hold ffmpeg back. Never throws and never asks: the server is listening
 * already, and video jobs wait meanwhile.
 */
export async function ensureFfmpeg(options: EnsureFfmpegOptions): Promise<EnsureOutcome> {
  const outcome = await lookOrInstall(options);
  if (outcome === "missing") return outcome;
  const found = await options.ffmpeg.find();
  for (const gap of found === null ? [] : confinementGaps(found.confinement)) options.say(gap);
  return outcome;
}

async function lookOrInstall(options: EnsureFfmpegOptions): Promise<EnsureOutcome> {
  const { ffmpeg, say, machine = lookAtMachine, execute = runStep } = options;
  if ((await ffmpeg.readiness()) === null) return "present";
  const { steps, command } = planInstall(await machine());
  const advice =
    command === null
      ? "Install ffmpeg with libx264, or set FFMPEG_PATH and FFPROBE_PATH; video jobs wait until then."
      : `Install it by: ${command}\nVideo jobs wait until then.`;
  if (steps.length === 0) {
    say(`ffmpeg is missing. ${advice}`);
    return "missing";
  }
  say(`ffmpeg is missing; installing it: ${steps.map((step) => step.join(" ")).join(" && ")}`);
  try {
    for (const [program, ...args] of steps) await execute(program, args);
  } catch (error) {
    say(`Installing ffmpeg did not work (${firstLine(error)}). ${advice}`);
    return "missing";
  }
  if ((await ffmpeg.readiness()) === null) {
    say("ffmpeg is installed.");
    return "installed";
  }
  say(`ffmpeg was installed but cannot be used. ${advice}`);
  return "missing";
}

async function lookAtMachine(): Promise<Machine> {
  const names = ["apt-get", "sudo", "brew"];
  const found = await Promise.all(names.map((name) => findProgram(name)));
  const programs = new Set(names.filter((_, index) => found[index] !== null));
  const root = process.getuid?.() === 0;
  const sudoWithoutPassword = !root && programs.has("sudo") && (await answers("sudo", ["-n", "true"]));
  return { platform: process.platform, root, programs, sudoWithoutPassword };
}

async function answers(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(program, [...args], { timeout: SUDO_TIMEOUT_MS });
    return true;
  } catch {
    return false; // it would have asked for a password
  }
}

async function runStep(program: string, args: readonly string[]): Promise<void> {
  await run(program, [...args], {
    timeout: STEP_TIMEOUT_MS,
    maxBuffer: 2 ** 26,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

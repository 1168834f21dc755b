import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findProgram } from "./find-program.ts";
import type { Machine } from "./install-plan.ts";

const run = promisify(execFile);
const SUDO_TIMEOUT_MS = 5_000;

/** What this machine can install by. */
export async function lookAtMachine(): Promise<Machine> {
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

import { execFile } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What a question is put to: a terminal's two ends. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/**
 * The terminal this process may ask a question at; null where there is nobody: input or output is no terminal, or the
 * process runs in the background, where reading would stop it.
 */
export async function findTerminal(): Promise<Terminal | null> {
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
  if (!isTerminal || !(await isInForeground())) return null;
  return { input: process.stdin, output: process.stderr };
}

/** Asks yes or no; anything but y or yes is no, and so is the end of the input. */
export async function askYesNo({ input, output }: Terminal, question: string): Promise<boolean> {
  output.write(`${question} [y/N] `);
  // not as a terminal of its own making: Ctrl-C stays the program's
  const lines = createInterface({ input, terminal: false });
  try {
    const answer = await Promise.race([once(lines, "line"), once(lines, "close")]);
    return /^\s*y(es)?\s*$/i.test(String(answer[0] ?? ""));
  } finally {
    lines.close();
  }
}

/** Whether this process belongs to the group that its terminal listens to. */
async function isInForeground(): Promise<boolean> {
  try {
    const { stdout } = await run("ps", ["-o", "pgid=,tpgid=", "-p", String(process.pid)]);
    const [group, foreground] = stdout.trim().split(/\s+/);
    return group !== undefined && group === foreground;
  } catch {
    return false; // no ps: better not asked than stopped
  }
}

import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { confineCommand, type ConfinedCommand, type Confinement } from "./confinement.ts";

/** A program that does not end on SIGTERM gets SIGKILL after this. */
const KILL_AFTER_MS = 1_000;
const STDERR_TAIL_BYTES = 1_024;

export interface ProcessLimits extends Readonly<ConfinedCommand["limits"]> {
  /** Longest life by the clock, ms. Holds on every system; the others only where `prlimit` is. */
  readonly wallClockMs: number;
}

export interface ConfinedRun extends Omit<ConfinedCommand, "limits"> {
  readonly confinement: Confinement;
  readonly limits: ProcessLimits;
  /** Ends the program's whole process group: SIGTERM, then SIGKILL. */
  readonly signal: AbortSignal;
  /** Called with each line of stdout. */
  readonly onLine?: (line: string) => void;
}

/** `limit`: which of the limits ended it; null when it ended by itself. */
export interface ConfinedEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly limit: "wall_clock" | "cpu" | "file_size" | null;
  /** The last 1 KiB of stderr: for operators, never for people (it may name paths). */
  readonly stderrTail: string;
}

/**
 * Runs a program confined and waits until it and its group are gone. It gets no environment but `PATH` and a plain
 * locale: what the server's own environment holds is none of its business.
 * @throws the signal's reason when aborted; the system's error (`ENOENT`, `EACCES`) when it cannot be started.
 */
export async function runConfined(run: ConfinedRun): Promise<ConfinedEnd> {
  run.signal.throwIfAborted();
  const [file, args] = confineCommand(run.confinement, run);
  const child = spawn(file, args, {
    cwd: run.writable[0] ?? "/",
    detached: true, // a process group of its own, so that one signal reaches all of it
    env: { PATH: process.env["PATH"], LC_ALL: "C", AV_LOG_FORCE_NOCOLOR: "1", MALLOC_ARENA_MAX: "2" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stderr = keepTail(child);
  const lines = createInterface({ input: child.stdout, crlfDelay: Infinity });
  lines.on("line", (line) => run.onLine?.(line));

  let outOfTime = false;
  let killTimer: NodeJS.Timeout | undefined;
  const end = () => {
    if (hasEnded(child)) return;
    signalGroup(child, "SIGTERM");
    killTimer ??= setTimeout(() => signalGroup(child, "SIGKILL"), KILL_AFTER_MS);
  };
  const clock = setTimeout(() => {
    outOfTime = !hasEnded(child);
    end();
  }, run.limits.wallClockMs);
  run.signal.addEventListener("abort", end, { once: true });
  try {
    const { code, signal } = await ended(child);
    run.signal.throwIfAborted();
    return { exitCode: code, limit: outOfTime ? "wall_clock" : limitOf(code, signal), stderrTail: stderr() };
  } finally {
    run.signal.removeEventListener("abort", end);
    clearTimeout(clock);
    clearTimeout(killTimer);
    lines.close();
  }
}

interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function ended(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => signalGroup(child, "SIGKILL")); // what it started and left behind
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

/** The kernel ends a process over its limits by a signal; bubblewrap reports its program's as 128 + its number. */
function limitOf(code: number | null, signal: NodeJS.Signals | null): "cpu" | "file_size" | null {
  if (signal === "SIGXCPU" || code === 128 + 24) return "cpu";
  if (signal === "SIGXFSZ" || code === 128 + 25) return "file_size";
  return null;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function signalGroup(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // ESRCH: already gone
  }
}

function keepTail(child: ChildProcess): () => string {
  let tail = Buffer.alloc(0);
  child.stderr?.on("data", (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-STDERR_TAIL_BYTES);
  });
  return () => tail.toString("utf8");
}

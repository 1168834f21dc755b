import { readdir, readFile } from "node:fs/promises";

const TICKS_PER_SECOND = 100; // USER_HZ, fixed in Linux' ABI

export interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Ticks after boot: tells a process from an earlier one of the same pid. */
  readonly startTicks: number;
  readonly ownSeconds: number;
  /** Of children that have ended and were waited for. */
  readonly reapedSeconds: number;
}

/** A postmaster's own times and those of all its children that live. Linux: read from /proc. */
export async function postgresProcesses(postmaster: number): Promise<readonly ProcessTimes[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const times = await Promise.all(pids.map(processTimes));
  return times.filter((each) => each !== null && (each.pid === postmaster || each.parent === postmaster)) as readonly ProcessTimes[]; // prettier-ignore
}

/** CPU seconds that a postmaster, its backends and those that have ended used so far, by what was read of them. */
export function postgresCpuSeconds(processes: readonly ProcessTimes[], postmaster: number): number {
  return processes.reduce(
    (sum, { pid, ownSeconds, reapedSeconds }) => sum + ownSeconds + (pid === postmaster ? reapedSeconds : 0),
    0,
  );
}

/** Fields of proc_pid_stat(5), counted behind the command's closing parenthesis. */
async function processTimes(pid: number): Promise<ProcessTimes | null> {
  const text = await readProcess(pid, "stat");
  if (text === null) return null;
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [parent = 0] = fields.slice(1, 2);
  const [user = 0, system = 0, reapedUser = 0, reapedSystem = 0] = fields.slice(11, 15);
  return {
    pid,
    parent,
    startTicks: fields[19] ?? 0,
    ownSeconds: (user + system) / TICKS_PER_SECOND,
    reapedSeconds: (reapedUser + reapedSystem) / TICKS_PER_SECOND,
  };
}

/** A file of a process in /proc; null when the process is gone. */
export async function readProcess(pid: number, file: "stat" | "cmdline"): Promise<string | null> {
  try {
    return await readFile(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return null;
    throw error;
  }
}

/** CPU seconds that a process has used so far. @throws {Error} when it is gone. */
export async function processCpuSeconds(pid: number): Promise<number> {
  const times = await processTimes(pid);
  if (times === null) throw new Error(`there is no process ${pid}`);
  return times.ownSeconds;
}

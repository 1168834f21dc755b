import { readdir, readFile } from "node:fs/promises";

const TICKS_PER_SECOND = 100; // USER_HZ, fixed in Linux' ABI

interface ProcessTimes {
  readonly parent: number;
  readonly ownSeconds: number;
  /** Of children that have ended and were waited for. */
  readonly reapedSeconds: number;
}

/** CPU seconds that a postmaster, its backends and those that have ended used so far. Linux: read from /proc. */
export async function postgresCpuSeconds(postmaster: number): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const times = await Promise.all(pids.map(async (pid) => ({ pid, times: await processTimes(pid) })));
  let seconds = 0;
  for (const { pid, times: each } of times) {
    if (each === null) continue;
    if (pid === postmaster) seconds += each.ownSeconds + each.reapedSeconds;
    else if (each.parent === postmaster) seconds += each.ownSeconds;
  }
  return seconds;
}

/** Fields of proc_pid_stat(5), counted behind the command's closing parenthesis. */
async function processTimes(pid: number): Promise<ProcessTimes | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [parent = 0] = fields.slice(1, 2);
    const [user = 0, system = 0, reapedUser = 0, reapedSystem = 0] = fields.slice(11, 15);
    return {
      parent,
      ownSeconds: (user + system) / TICKS_PER_SECOND,
      reapedSeconds: (reapedUser + reapedSystem) / TICKS_PER_SECOND,
    };
  } catch (error) {
    if (
      (error as NodeJS.ErrnoException).code === "ENOENT" ||
      (error as NodeJS.ErrnoException).code === "ESRCH"
    )
      return null;
    throw error;
  }
}

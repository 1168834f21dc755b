import { armCrashPoints } from "@statusplane/core/testing/crash-points";
import { existsSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const STDERR = 2;

/**
 * Has this process die, or stand still, at any point that the drill asks for while it runs, so that one start serves
 * whichever point comes next (`CRASH_AT` names one for a whole life). The folder's files:
 *
 * ```
 * NAME            somebody is to die at this point, or to `stop` there, as the file says
 *                 ─the first process that passes it takes the file away─▶ taken.PID.NAME
 * leader          pid of the process that leads the reconciler, written at each of its ticks
 * ```
 */
export function takeCrashRequests(folder: string): void {
  armCrashPoints((name) => {
    if (name === "tick.before-sentinel") writeFileSync(join(folder, "leader"), String(process.pid));
    const asked = take(folder, name);
    if (asked === "stop")
      process.kill(process.pid, "SIGSTOP"); // goes on from here at SIGCONT
    else if (asked !== null) die(name);
  });
}

/** One of all processes gets it: renaming is atomic. @returns what is to be done; null: nothing. */
function take(folder: string, name: string): string | null {
  const request = join(folder, name);
  if (!existsSync(request)) return null;
  try {
    const how = readFileSync(request, "utf8");
    renameSync(request, join(folder, `taken.${process.pid}.${name}`));
    return how;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null; // another process was first
    throw error;
  }
}

/** As `CRASH_AT` does it: nothing is flushed, closed or answered. */
function die(name: string): never {
  writeSync(STDERR, `crash point ${name}\n`);
  process.kill(process.pid, "SIGKILL");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // not one more statement until the signal is there
  throw new Error("SIGKILL does not come back");
}

import { armCrashPoints } from "@statusplane/core/testing/crash-points";
import { writeSync } from "node:fs";
import type { CrashAt } from "../config/variables.ts";

const STDERR = 2;

/** Has this process kill itself when it passes that point for that time: nothing is flushed, closed or answered. */
export function armCrash({ name, pass }: CrashAt): void {
  let passed = 0;
  armCrashPoints((point) => {
    if (point !== name || ++passed < pass) return;
    try {
      writeSync(STDERR, `crash point ${name}\n`);
    } finally {
      process.kill(process.pid, "SIGKILL");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // not one more statement until the signal is there
    }
  });
}

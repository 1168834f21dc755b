import { openSync, writeSync } from "node:fs";

/** What a worker says about the code of one attempt. */
export interface WorkerLine {
  readonly what: "began" | "ended";
  readonly tenant: string;
  readonly id: string;
  readonly attempt: number;
}

/** A file per process, named by `DRILL_LOG`; without it nothing is written. */
const path = process.env["DRILL_LOG"];
const file = path === undefined ? null : openSync(`${path}.${process.pid}.jsonl`, "a");

/** One line, written before this returns: a SIGKILL of the process does not take it back. */
export function workerLog(line: WorkerLine): void {
  if (file === null) return;
  const atMs = Number(process.hrtime.bigint() / 1_000n) / 1_000; // CLOCK_MONOTONIC: one clock for all processes of a machine
  writeSync(file, `${JSON.stringify({ atMs, pid: process.pid, ...line })}\n`);
}

import type {
  Clock,
  Installation,
  JobFiles,
  JobQueue,
  StatusWriter,
  Timings,
  WorkerRecords,
} from "@statusplane/core";
import type { Log } from "../log.ts";
import type { TerminalWriter } from "./terminal-writer.ts";
import type { WorkerCounts } from "./worker-counters.ts";

/** What every part of the runner works with: the ports, and what one worker process shares. */
export interface WorkerParts {
  readonly records: WorkerRecords;
  readonly writer: StatusWriter;
  readonly queue: JobQueue;
  readonly installation: Pick<Installation, "setUnready" | "wake">;
  readonly files: JobFiles;
  readonly terminalWriter: TerminalWriter;
  readonly timings: Timings;
  /** Bytes up to which a result travels with its snapshot. */
  readonly resultInlineMaxBytes: number;
  /** Bytes up to which a result is kept in the row. */
  readonly resultMaxBytes: number;
  /** Names this process and no other; each claim's `lease_owner` is this and a number. */
  readonly owner: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly counts: WorkerCounts;
  /** Aborts when the worker's time is over: nothing is waited for any more. */
  readonly ended: AbortSignal;
}

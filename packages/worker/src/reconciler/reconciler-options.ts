import type {
  Clock,
  Installation,
  JobFiles,
  JobQueue,
  ReconcilerRecords,
  StatusWriter,
  Swept,
  Timings,
} from "@statusplane/core";
import type { Log } from "../log.ts";
import type { ViewFlusher, ViewFlusherStatus } from "../views/view-flusher.ts";
import type { Loss } from "./loss-detection.ts";

export interface ReconcilerOptions {
  readonly records: ReconcilerRecords;
  readonly writer: StatusWriter;
  readonly installation: Installation;
  readonly queue: JobQueue;
  readonly files: Pick<JobFiles, "removeOutputs" | "removeJob">;
  /** Names this process in the lease row and the beat; default a UUID. */
  readonly owner?: string;
  /** Default: the design's. */
  readonly timings?: Timings;
  /** How far back ended rows are told again when the store lost its sentinel, seconds; default 86,400. */
  readonly recoverWindowSeconds?: number;
  /**
   * There is one process per database (status store or queue in memory): `start` takes the lease, waiting up to its
   * term, and rejects when another process renews it. Default false.
   */
  readonly sole?: boolean;
  readonly onSwept?: (swept: readonly Swept[]) => void;
  readonly onLoss?: (loss: Loss) => void;
  /** Removes what nothing names any more; called by the leader once an hour. */
  readonly collect?: () => Promise<void>;
  /** Writes what was watched to its rows, beside the repairs; null: nothing is. Default null. */
  readonly views?: ViewFlusher | null;
  readonly clock?: Clock;
  readonly log?: Log;
}

export interface ReconcilerStatus {
  readonly leading: boolean;
  /** Number of the last tick that led, 0 before the first. */
  readonly tick: number;
  /** Unix ms of the last tick that led, by the database's clock, 0 before the first. */
  readonly tickedAtMs: number;
  /** Whether the status store answered the last ping. */
  readonly storeAnswers: boolean;
  /** Age of the oldest outbox entry that was due and not applied, ms; known to a minute, 0 while not leading. */
  readonly oldestUnrepairedMs: number;
  /** Entries in the outbox, known to a minute. */
  readonly outboxEntries: number;
  /** Since the start of the process. */
  readonly lossesSeen: number;
  readonly swept: number;
  readonly applied: number;
  readonly failedApplications: number;
  /** Null where nothing is watched. */
  readonly views: ViewFlusherStatus | null;
}

export interface ReconcilerHandle {
  /** Begins. @throws {Error} with `sole`, when another process holds the lease. */
  start(): Promise<void>;
  /** Ends what is under way and gives the lease up. A second call answers the first one's end. */
  stop(): Promise<void>;
  /** What this process knows; asks nobody. */
  status(): ReconcilerStatus;
  [Symbol.asyncDispose](): Promise<void>;
}

import type { JobRef } from "./job-ref.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Kind, Status } from "./terms.ts";

/*
 * The permanent rows. Every method is one statement (submit of a repeated Idempotency-Key and a claim that finds no
 * PENDING row take a second), names the tenant, and rejects with {database_unavailable} when Postgres does not answer.
 * Adapter: Postgres, a server or embedded.
 */

/** The name of a result that is a file, in its attempt's folder. */
export const RESULT_FILE = "result.json";

/** Where a row's result is. */
export type RecordResult =
  | { readonly kind: "inline"; readonly value: Json }
  /** In the row, but above the inline size: read it with `findResult`. */
  | { readonly kind: "row"; readonly bytes: number }
  /** {@link RESULT_FILE} in the attempt's folder. */
  | { readonly kind: "file"; readonly bytes: number };

/** A file that an attempt declared and has written. */
export interface DeclaredFile {
  readonly name: string;
  readonly bytes: number;
}

/** A row without results above the inline size. Dates are ISO 8601, UTC, milliseconds. */
export interface JobRecord {
  readonly ref: JobRef;
  readonly jobType: string;
  readonly status: Status;
  readonly attempt: number;
  readonly tries: number;
  readonly maxTries: number;
  readonly triesLost: number;
  readonly runAt: string;
  /** ms until `runAt` by the database's clock, 0 when it has come. */
  readonly runInMs: number;
  readonly cancelRequested: boolean;
  readonly title: string | null;
  /** What its submitter keeps with it; null: nothing. */
  readonly metadata: JsonObject | null;
  readonly payload: Json;
  readonly createdBy: string | null;
  readonly result: RecordResult | null;
  /** Of the attempt that succeeded, in the order in which they were declared. */
  readonly files: readonly DeclaredFile[];
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  /** For operators only. */
  readonly errorDetail: string | null;
  readonly lastErrorCode: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly updatedAt: string;
}

/** How long a step of an attempt took. */
export interface StepTime {
  /** The step's machine name. */
  readonly key: string;
  /** ≥ 0, to the millisecond. */
  readonly seconds: number;
}

/** An attempt that has ended. Dates as in {@link JobRecord}. */
export interface AttemptRecord {
  readonly attempt: number;
  /** Null: it was cancelled before a worker took it. */
  readonly startedAt: string | null;
  readonly endedAt: string;
  /** How it ended; null: it succeeded. */
  readonly code: string | null;
  /** In the order they began; null: not known, its worker was lost. */
  readonly steps: readonly StepTime[] | null;
}

/** A row with the attempts that have ended, oldest first, the newest 50. The one that runs is the row itself. */
export interface DetailedRecord extends JobRecord {
  readonly attempts: readonly AttemptRecord[];
}

/** What an attempt's worker says of it when it ends. */
export interface AttemptReport {
  /** Default: not known. */
  readonly steps?: readonly StepTime[];
  /** Where the next attempt goes on, if there is one. Default: where the row says. */
  readonly checkpoint?: Json;
}

export interface NewJob {
  readonly ref: JobRef;
  readonly jobType: string;
  readonly title: string | null;
  /** Default: none. */
  readonly metadata?: JsonObject | null;
  readonly payload: Json;
  readonly createdBy: string | null;
  /** Starts at most, ≥ 1: the job type's at this moment. What becomes of the type later does not change the row. */
  readonly maxTries: number;
  readonly idempotency?: { readonly key: string; readonly bodyHash: string };
}

export type SubmitOutcome =
  | { readonly outcome: "created" | "repeated"; readonly record: JobRecord }
  /** The Idempotency-Key was used with another body. */
  | { readonly outcome: "conflict" };

export type ClaimOutcome =
  /** `checkpoint`: what an earlier attempt of the same story gave last; null: nothing. */
  | { readonly outcome: "claimed"; readonly record: JobRecord; readonly checkpoint: Json }
  | { readonly outcome: "later"; readonly delayMs: number }
  /** Terminal, running elsewhere, or unknown: the delivery is to be acknowledged. */
  | { readonly outcome: "gone" };

/** What the row keeps of a result: the value for `inline` and `row`, the size for `file`. */
export type ResultToStore =
  | { readonly kind: "value"; readonly value: Json; readonly bytes: number }
  | { readonly kind: "file"; readonly bytes: number };

export type JobEnd = AttemptReport &
  (
    | {
        readonly status: "READY" | "DONE";
        readonly result: ResultToStore;
        /** Default: none. */
        readonly files?: readonly DeclaredFile[];
      }
    | { readonly status: "CANCELLED"; readonly result: ResultToStore | null }
  );

export interface FailedTry extends AttemptReport {
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly errorDetail: string | null;
  /** With tries left the row becomes PENDING of the next attempt. */
  readonly retryable: boolean;
  readonly backoffMs: number;
}

export interface LeaseOf {
  readonly ref: JobRef;
  readonly attempt: number;
}

/** A lease to be renewed. */
export interface Renewal extends LeaseOf {
  /** What the row keeps from now on. Default: what it has. */
  readonly checkpoint?: Json;
}

/** What a worker holds. A null answer means: you lost the job, write nothing anywhere. */
export interface WorkerRecords {
  /** @param owner names this claim and no other, so that it can be released when its answer is lost. */
  claim(ref: JobRef, owner: string, leaseMs: number): Promise<ClaimOutcome>;
  /** Renews all leases of a worker process, and keeps their checkpoints; those missing from the answer are lost. */
  renew(
    leases: readonly Renewal[],
    leaseMs: number,
  ): Promise<readonly (LeaseOf & { readonly cancelRequested: boolean })[]>;
  /** Ends the attempt; the row says CANCELLED when a cancel was requested. */
  finish(ref: JobRef, attempt: number, end: JobEnd): Promise<JobRecord | null>;
  failTry(ref: JobRef, attempt: number, failure: FailedTry): Promise<JobRecord | null>;
  /** PENDING of the next attempt, with the try given back (or CANCELLED). */
  handBack(ref: JobRef, attempt: number, report?: AttemptReport): Promise<JobRecord | null>;
  /** The same for a claim whose answer was lost; null: it was never carried out, or is over. */
  releaseClaim(ref: JobRef, owner: string): Promise<JobRecord | null>;
  /** One look at the row. */
  find(ref: JobRef): Promise<JobRecord | null>;
}

export interface PageOptions {
  readonly cursor: string | null;
  /** 1–100. */
  readonly limit: number;
  readonly status?: Status;
  readonly jobType?: string;
  /** Who submitted it. */
  readonly createdBy?: string;
}

export interface RecordPage {
  readonly items: readonly JobRecord[];
  readonly nextCursor: string | null;
}

export type CancelOutcome =
  | { readonly outcome: "cancelled" | "requested" | "finished"; readonly record: JobRecord }
  | { readonly outcome: "not_found" };

export type RetryOutcome =
  | { readonly outcome: "retried" | "not_retryable"; readonly record: JobRecord }
  | { readonly outcome: "not_found" };

export type RemoveOutcome = "removed" | "not_finished" | "not_found";

/** What request routes hold. */
export interface RequestRecords {
  submit(job: NewJob): Promise<SubmitOutcome>;
  /** What a submit of this Idempotency-Key has made, as `submit` would say it; null: there was none. */
  findSubmitted(
    tenant: string,
    idempotency: NonNullable<NewJob["idempotency"]>,
  ): Promise<SubmitOutcome | null>;
  find(ref: JobRef): Promise<JobRecord | null>;
  /** Up to 100 rows with their attempts, of whatever tenants, in the order of the refs; null where there is none. */
  findMany(refs: readonly JobRef[]): Promise<readonly (DetailedRecord | null)[]>;
  /** A result kept in the row, as JSON text. */
  findResult(ref: JobRef): Promise<{ readonly attempt: number; readonly text: string } | null>;
  /** Newest first, keyset pages. @throws {invalid_request} for a cursor that is not ours. */
  page(tenant: string, kind: Kind, options: PageOptions): Promise<RecordPage>;
  cancel(ref: JobRef): Promise<CancelOutcome>;
  retry(ref: JobRef): Promise<RetryOutcome>;
  /** Removes a finished row and all that hangs on it, and leaves an entry without a row. */
  remove(ref: JobRef): Promise<RemoveOutcome>;
}

/** One due outbox entry with its row. */
export interface OutboxEntry {
  readonly ref: JobRef;
  /** Never used twice. */
  readonly generation: string;
  /** Whether it was applied once and waits for its second application after the settle window. */
  readonly applied: boolean;
  /** Null: it was removed, and so is to be what is outside. */
  readonly record: JobRecord | null;
}

export interface TickOptions {
  readonly owner: string;
  readonly leaseMs: number;
  /** Takes no entries when 0: the store does not answer. */
  readonly takeLimit: number;
  readonly takeMs: number;
}

export interface Tick {
  /** Whether the caller is the active reconciler now; else nothing was taken. */
  readonly leading: boolean;
  readonly tick: number;
  /** Unix ms of this tick and of the one before, by the database's clock; 0: there was none. */
  readonly tickedAtMs: number;
  readonly previousTickedAtMs: number;
  readonly entries: readonly OutboxEntry[];
  /** Whether changes of views' rows left something to be done in the status store. Default false. */
  readonly hasViewErrands?: boolean;
}

export interface FollowClockOptions {
  /** The longest that a lease can last, ms. */
  readonly leaseMs: number;
  /** The longest that an entry can wait for its second application, ms. */
  readonly settleMs: number;
  readonly limit: number;
}

/** A row that the sweeper moved, and the attempt it ended. */
export interface Swept {
  readonly record: JobRecord;
  readonly endedAttempt: number;
}

/** What the reconciler holds. */
export interface ReconcilerRecords {
  /** Renews the lease row and takes due entries, in one statement. */
  tick(options: TickOptions): Promise<Tick>;
  /** Gives the lease up at shutdown. */
  resign(owner: string): Promise<void>;
  take(limit: number, takeMs: number): Promise<readonly OutboxEntry[]>;
  /** First application done: due again after the settle window, if the generation still is the same. */
  markApplied(entries: readonly OutboxEntry[], settleMs: number): Promise<void>;
  /** Second application done: gone, if the generation still is the same. */
  deleteApplied(entries: readonly OutboxEntry[]): Promise<void>;
  /** Ends leases that are over. */
  sweep(limit: number): Promise<readonly Swept[]>;
  /**
   * The database's clock went back. What lies further ahead than it can be by the new time is brought down: PENDING
   * rows, up to `limit` of them, are due at once and get an entry, leases and entries end within their terms.
   * @returns whether there may be more.
   */
  followClock(options: FollowClockOptions): Promise<boolean>;
  /** PENDING rows in pages by key. */
  pageWaiting(after: JobRef | null, limit: number): Promise<readonly JobRecord[]>;
  /**
   * Data was lost: gives PENDING rows, and rows ended at or after `endedSinceMs` (Unix ms; null: PENDING only), an
   * entry, in pages by key. Answers the last key, null when there are no more.
   */
  enqueueLost(endedSinceMs: number | null, after: JobRef | null, limit: number): Promise<JobRef | null>;
  /** Which of these attempts' folders a row still names: the row's attempt where it exists. */
  attemptsOf(
    refs: readonly JobRef[],
  ): Promise<
    ReadonlyMap<
      string,
      { readonly attempt: number; readonly status: Status; readonly finishedAtMs: number | null }
    >
  >;
  /**
   * Removes rows that ended longer ago, the oldest first, as `RequestRecords.remove` does; their entries are due at once.
   * @returns how many.
   */
  removeEnded(olderThanMs: number, limit: number): Promise<number>;
  /** Removes idempotency keys older than this. */
  forgetIdempotencyKeys(olderThanMs: number): Promise<number>;
  readonly stats: () => Promise<OutboxStats>;
}

export interface OutboxStats {
  /** Age of the oldest entry that was due and not yet applied, ms; 0 when there is none. */
  readonly oldestUnrepairedMs: number;
  readonly entries: number;
}

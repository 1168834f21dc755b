import {
  isTerminal,
  refKey,
  type AttemptRecord,
  type AttemptReport,
  type Clock,
  type DeclaredFile,
  type JobRecord,
  type JobRef,
  type Json,
  type JsonObject,
  type RecordResult,
  type Status,
} from "@statusplane/core";

/** One job's row. Leases and run times are by the clock's `nowMs`, what a record shows by its `unixMs`. */
export interface MemoryRow {
  readonly ref: JobRef;
  jobType: string;
  status: Status;
  attempt: number;
  tries: number;
  maxTries: number;
  triesLost: number;
  runAtMs: number;
  leaseUntilMs: number | null;
  leaseOwner: string | null;
  cancelRequested: boolean;
  title: string | null;
  metadata: JsonObject | null;
  payload: Json;
  createdBy: string | null;
  checkpoint: Json;
  result: RecordResult | null;
  /** The value of a result that is no file, as JSON text. */
  resultText: string | null;
  files: readonly DeclaredFile[];
  errorCode: string | null;
  errorMessage: string | null;
  errorDetail: string | null;
  lastErrorCode: string | null;
  createdAtMs: number;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  updatedAtMs: number;
}

export interface MemoryOutboxEntry {
  readonly ref: JobRef;
  readonly generation: number;
  dueAtMs: number;
  applied: boolean;
}

export interface MemoryRowsOptions {
  readonly clock: Pick<Clock, "nowMs" | "unixMs">;
  /** As Postgres' option of this name. Default 8,192. */
  readonly resultInlineMaxBytes?: number;
  /** As Postgres' option of this name. Default 2,000. */
  readonly committerGraceMs?: number;
  /** Through which each call of a port goes: to count them, or to lose some. Default: straight on. */
  readonly answer?: <T>(call: string, statement: () => T) => Promise<T>;
}

/** The newest attempts of a job that a detail shows. */
const SHOWN_ATTEMPTS = 50;

/** Rows, outbox, attempts and Idempotency-Keys in maps; every change of a row's status is made here. */
export class MemoryRows {
  /** By {@link refKey}, in the order of their submits. */
  readonly rows = new Map<string, MemoryRow>();
  readonly outbox = new Map<string, MemoryOutboxEntry>();
  /** Those that have ended, by their job's {@link refKey}. */
  readonly attempts = new Map<string, AttemptRecord[]>();
  /** By tenant and key. */
  readonly keys = new Map<
    string,
    { readonly bodyHash: string; readonly ref: JobRef; readonly usedAtMs: number }
  >();
  readonly clock: MemoryRowsOptions["clock"];
  readonly resultInlineMaxBytes: number;
  readonly answer: NonNullable<MemoryRowsOptions["answer"]>;
  readonly #graceMs: number;
  /** What `nowMs` 0 is to people. */
  readonly #bootedAtUnixMs: number;
  #generation = 0;
  #statements = 0;

  constructor(options: MemoryRowsOptions) {
    this.clock = options.clock;
    this.resultInlineMaxBytes = options.resultInlineMaxBytes ?? 8_192;
    this.#bootedAtUnixMs = options.clock.unixMs() - options.clock.nowMs();
    this.#graceMs = options.committerGraceMs ?? 2_000;
    this.answer = options.answer ?? (async (_, statement) => statement());
  }

  /** What Postgres would have been sent so far. */
  get statements(): number {
    return this.#statements;
  }

  count(): void {
    this.#statements += 1;
  }

  /** The row that this attempt runs; null: it is not the caller's any more. */
  mine(ref: JobRef, attempt: number): MemoryRow | null {
    const row = this.rows.get(refKey(ref));
    return row?.attempt === attempt && row.status === "PROCESSING" ? row : null;
  }

  /** By key, as pages go. */
  sorted(): readonly MemoryRow[] {
    return [...this.rows.values()].sort((a, b) => (refKey(a.ref) < refKey(b.ref) ? -1 : 1));
  }

  /** What must be made to agree with the row. @param dueInMs default: the committer's grace. */
  leaveEntry(ref: JobRef, dueInMs = this.#graceMs): void {
    const dueAtMs = this.clock.nowMs() + dueInMs;
    this.outbox.set(refKey(ref), { ref, generation: ++this.#generation, dueAtMs, applied: false });
  }

  /** A cancel that was accepted wins over any other end. */
  end(row: MemoryRow, status: Status, how: AttemptReport & { readonly dueInMs?: number } = {}): JobRecord {
    if (!isTerminal(status)) throw new TypeError(`not an end: ${status}`);
    row.status = status;
    if (status === "CANCELLED") row.errorCode = "cancelled";
    row.finishedAtMs = this.clock.unixMs();
    row.checkpoint = null;
    this.#stop(row);
    this.leaveAttempt(row, row.attempt, { code: row.errorCode, ...how });
    this.leaveEntry(row.ref, how.dueInMs);
    return this.toRecord(row);
  }

  /** PENDING of the next attempt. */
  again(
    row: MemoryRow,
    how: AttemptReport & { readonly code: string; readonly delayMs?: number; readonly dueInMs?: number },
  ): JobRecord {
    this.leaveAttempt(row, row.attempt, how);
    row.status = "PENDING";
    row.attempt += 1;
    row.runAtMs = this.clock.nowMs() + (how.delayMs ?? 0);
    if (how.checkpoint !== undefined) row.checkpoint = how.checkpoint;
    this.#stop(row);
    this.leaveEntry(row.ref, how.dueInMs);
    return this.toRecord(row);
  }

  leaveAttempt(
    row: MemoryRow,
    attempt: number,
    { code, steps }: AttemptReport & { readonly code: string | null },
  ): void {
    const key = refKey(row.ref);
    const ended = this.attempts.get(key) ?? [];
    const began = row.startedAtMs;
    ended.push({
      attempt,
      code,
      steps: steps ?? null,
      startedAt: began === null ? null : iso(began),
      endedAt: iso(this.clock.unixMs()),
    });
    this.attempts.set(key, ended);
  }

  attemptsOf(ref: JobRef): readonly AttemptRecord[] {
    return (this.attempts.get(refKey(ref)) ?? []).slice(-SHOWN_ATTEMPTS);
  }

  /** The row and all that hangs on it; an entry without a row stays. */
  remove(ref: JobRef, dueInMs?: number): void {
    const key = refKey(ref);
    this.rows.delete(key);
    this.attempts.delete(key);
    for (const [name, used] of this.keys) if (refKey(used.ref) === key) this.keys.delete(name);
    this.leaveEntry(ref, dueInMs);
  }

  toRecord(row: MemoryRow): JobRecord {
    const {
      runAtMs,
      leaseUntilMs: _leaseUntil,
      leaseOwner: _leaseOwner,
      checkpoint: _checkpoint,
      resultText: _resultText,
      createdAtMs,
      startedAtMs,
      finishedAtMs,
      updatedAtMs,
      ...rest
    } = row;
    const runInMs = Math.max(0, Math.ceil(runAtMs - this.clock.nowMs()));
    return {
      ...rest,
      runAt: iso(this.#bootedAtUnixMs + runAtMs),
      runInMs,
      createdAt: iso(createdAtMs),
      startedAt: startedAtMs === null ? null : iso(startedAtMs),
      finishedAt: finishedAtMs === null ? null : iso(finishedAtMs),
      updatedAt: iso(updatedAtMs),
    };
  }

  #stop(row: MemoryRow): void {
    row.leaseUntilMs = null;
    row.leaseOwner = null;
    row.updatedAtMs = this.clock.unixMs();
  }
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

/** As Postgres' text, which cannot hold U+0000. */
export function withoutNul(text: string): string;
export function withoutNul(text: string | null): string | null;
export function withoutNul(text: string | null): string | null {
  return text === null ? null : text.replaceAll("\u0000", "");
}

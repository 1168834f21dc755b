import {
  isTerminal,
  jobRef,
  parseRefKey,
  refKey,
  StatusplaneError,
  type AttemptReport,
  type ClaimOutcome,
  type FailedTry,
  type FollowClockOptions,
  type JobEnd,
  type JobRecord,
  type JobRef,
  type Json,
  type OutboxEntry,
  type OutboxStats,
  type RecordResult,
  type ReconcilerRecords,
  type Renewal,
  type Status,
  type Swept,
  type Tick,
  type TickOptions,
  type WorkerRecords,
} from "@statusplane/core";
import type { FakeClock } from "./fake-clock.ts";

export interface Row {
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
  payload: Json;
  checkpoint: Json;
  result: RecordResult | null;
  errorCode: string | null;
  errorMessage: string | null;
  errorDetail: string | null;
  lastErrorCode: string | null;
  finishedAtMs: number | null;
}

interface Entry {
  generation: number;
  dueAtMs: number;
  applied: boolean;
}

type Call = keyof WorkerRecords | keyof ReconcilerRecords;

/** What a call meets: no answer, carried out but the answer lost, or a disk without room. */
type Trouble = "unanswered" | "carried-out-unanswered" | "full";

const INLINE_MAX_BYTES = 8_192;

/** The row rules of the real statements over a Map, with a clock of its own and troubles to order. */
export class FakeRecords implements WorkerRecords, ReconcilerRecords {
  readonly rows = new Map<string, Row>();
  readonly outbox = new Map<string, Entry>();
  readonly calls: Call[] = [];
  /** What each renewal said. */
  readonly renewals: (readonly Renewal[])[] = [];
  /** What was said of attempts at their ends, in order. */
  readonly reports: AttemptReport[] = [];
  leader: { owner: string; untilMs: number } | null = null;
  readonly followed: FollowClockOptions[] = [];
  /** How many pages there are to follow the clock in. */
  followPages = 1;
  tickNumber = 0;
  tickedAtMs = 0;
  /** Called between the carrying out of a statement and its answer. */
  onCall: (call: Call) => void = () => undefined;
  readonly #clock: FakeClock;
  readonly #troubles: { readonly call: Call; readonly trouble: Trouble }[] = [];
  #away = false;
  #generation = 0;
  readonly #graceMs: number;

  constructor(clock: FakeClock, graceMs = 2_000) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  add(id: string, options: Partial<Row> = {}): JobRef {
    const { ref = jobRef("7", "job", id), ...rest } = options;
    const row: Row = {
      ref,
      jobType: "count",
      status: "PENDING",
      attempt: 1,
      tries: 0,
      maxTries: 3,
      triesLost: 0,
      runAtMs: this.#clock.nowMs(),
      leaseUntilMs: null,
      leaseOwner: null,
      cancelRequested: false,
      payload: null,
      checkpoint: null,
      result: null,
      errorCode: null,
      errorMessage: null,
      errorDetail: null,
      lastErrorCode: null,
      finishedAtMs: null,
      ...rest,
    };
    this.rows.set(refKey(ref), row);
    return ref;
  }

  row(ref: JobRef): Row {
    const row = this.rows.get(refKey(ref));
    if (row === undefined) throw new Error("no such row");
    return row;
  }

  /** The next call of this name meets trouble. */
  trouble(call: Call, trouble: Trouble = "unanswered"): void {
    this.#troubles.push({ call, trouble });
  }

  /** Postgres is away until told otherwise. */
  set away(away: boolean) {
    this.#away = away;
  }

  count(call: Call): number {
    return this.calls.filter((name) => name === call).length;
  }

  claim(ref: JobRef, owner: string, leaseMs: number): Promise<ClaimOutcome> {
    return this.#answer("claim", (): ClaimOutcome => {
      const row = this.rows.get(refKey(ref));
      if (row?.status !== "PENDING") return { outcome: "gone" };
      const delayMs = row.runAtMs - this.#clock.nowMs();
      if (delayMs > 0) return { outcome: "later", delayMs };
      row.status = "PROCESSING";
      row.tries += 1;
      row.leaseUntilMs = this.#clock.nowMs() + leaseMs;
      row.leaseOwner = owner;
      return { outcome: "claimed", record: this.record(row), checkpoint: row.checkpoint };
    });
  }

  renew(leases: readonly Renewal[], leaseMs: number) {
    this.renewals.push(leases);
    return this.#answer("renew", () =>
      leases.flatMap(({ ref, attempt, checkpoint }) => {
        const row = this.#mine(ref, attempt);
        if (row === null) return [];
        row.leaseUntilMs = this.#clock.nowMs() + leaseMs;
        if (checkpoint !== undefined) row.checkpoint = checkpoint;
        return [{ ref, attempt, cancelRequested: row.cancelRequested }];
      }),
    );
  }

  finish(ref: JobRef, attempt: number, end: JobEnd): Promise<JobRecord | null> {
    return this.#answer("finish", () => {
      const row = this.#mine(ref, attempt);
      if (row === null) return null;
      this.reports.push({ steps: end.steps ?? [] });
      row.result = end.result === null ? null : resultOf(end.result);
      return this.#end(row, row.cancelRequested ? "CANCELLED" : end.status);
    });
  }

  failTry(ref: JobRef, attempt: number, failure: FailedTry): Promise<JobRecord | null> {
    return this.#answer("failTry", () => {
      const row = this.#mine(ref, attempt);
      if (row === null) return null;
      this.reports.push({ steps: failure.steps ?? [] });
      if (row.cancelRequested) return this.#end(row, "CANCELLED");
      if (failure.retryable && row.tries < row.maxTries) {
        row.lastErrorCode = failure.errorCode;
        if (failure.checkpoint !== undefined) row.checkpoint = failure.checkpoint;
        return this.#again(row, failure.backoffMs);
      }
      row.errorCode = failure.errorCode;
      row.errorMessage = failure.errorMessage;
      row.errorDetail = failure.errorDetail;
      return this.#end(row, "FAILED");
    });
  }

  handBack(ref: JobRef, attempt: number, report: AttemptReport = {}): Promise<JobRecord | null> {
    return this.#answer("handBack", () => {
      const row = this.#mine(ref, attempt);
      if (row !== null) {
        this.reports.push(report);
        if (report.checkpoint !== undefined) row.checkpoint = report.checkpoint;
      }
      return this.#handBack(row);
    });
  }

  releaseClaim(ref: JobRef, owner: string): Promise<JobRecord | null> {
    return this.#answer("releaseClaim", () => {
      const row = this.rows.get(refKey(ref));
      return this.#handBack(row?.status === "PROCESSING" && row.leaseOwner === owner ? row : null);
    });
  }

  find(ref: JobRef): Promise<JobRecord | null> {
    return this.#answer("find", () => {
      const row = this.rows.get(refKey(ref));
      return row === undefined ? null : this.record(row);
    });
  }

  tick({ owner, leaseMs, takeLimit, takeMs }: TickOptions): Promise<Tick> {
    return this.#answer("tick", (): Tick => {
      const nowMs = this.#clock.nowMs();
      const mine = this.leader === null || this.leader.owner === owner || this.leader.untilMs <= nowMs;
      if (!mine) return { leading: false, tick: 0, tickedAtMs: 0, previousTickedAtMs: 0, entries: [] };
      this.leader = { owner, untilMs: nowMs + leaseMs };
      const previousTickedAtMs = this.tickedAtMs;
      this.tickNumber += 1;
      this.tickedAtMs = this.#clock.unixMs();
      const entries = this.#take(takeLimit, takeMs);
      return {
        leading: true,
        tick: this.tickNumber,
        tickedAtMs: this.tickedAtMs,
        previousTickedAtMs,
        entries,
      };
    });
  }

  resign(owner: string): Promise<void> {
    return this.#answer("resign", () => {
      if (this.leader?.owner === owner) this.leader = null;
    });
  }

  take(limit: number, takeMs: number): Promise<readonly OutboxEntry[]> {
    return this.#answer("take", () => this.#take(limit, takeMs));
  }

  markApplied(entries: readonly OutboxEntry[], settleMs: number): Promise<void> {
    return this.#answer("markApplied", () => {
      for (const { ref, generation } of entries) {
        const entry = this.#entryOf(ref, generation);
        if (entry === null) continue;
        entry.applied = true;
        entry.dueAtMs = this.#clock.nowMs() + settleMs;
      }
    });
  }

  deleteApplied(entries: readonly OutboxEntry[]): Promise<void> {
    return this.#answer("deleteApplied", () => {
      for (const { ref, generation } of entries) {
        if (this.#entryOf(ref, generation) !== null) this.outbox.delete(refKey(ref));
      }
    });
  }

  /** This one's rows are judged by a clock that nobody sets: only the calls are kept. */
  followClock(options: FollowClockOptions): Promise<boolean> {
    return this.#answer("followClock", () => {
      this.followed.push(options);
      return this.followed.length < this.followPages;
    });
  }

  sweep(limit: number): Promise<readonly Swept[]> {
    return this.#answer("sweep", () => {
      const nowMs = this.#clock.nowMs();
      const over = [...this.rows.values()].filter(
        (row) => row.status === "PROCESSING" && (row.leaseUntilMs ?? 0) <= nowMs,
      );
      return over.slice(0, limit).map((row): Swept => {
        const endedAttempt = row.attempt;
        row.triesLost += 1;
        let record: JobRecord;
        if (row.cancelRequested) record = this.#end(row, "CANCELLED", 0);
        else if (row.tries < row.maxTries) record = this.#again(row, 0, 0);
        else {
          row.errorCode = row.triesLost === row.tries ? "poison" : "worker_lost";
          record = this.#end(row, "FAILED", 0);
        }
        return { record, endedAttempt };
      });
    });
  }

  pageWaiting(after: JobRef | null, limit: number): Promise<readonly JobRecord[]> {
    return this.#answer("pageWaiting", () =>
      this.#sorted()
        .filter((row) => row.status === "PENDING" && (after === null || refKey(row.ref) > refKey(after)))
        .slice(0, limit)
        .map((row) => this.record(row)),
    );
  }

  enqueueLost(endedSinceMs: number | null, after: JobRef | null, limit: number): Promise<JobRef | null> {
    return this.#answer("enqueueLost", () => {
      const lost = this.#sorted().filter((row) => {
        if (after !== null && refKey(row.ref) <= refKey(after)) return false;
        if (row.status === "PENDING") return true;
        return endedSinceMs !== null && row.finishedAtMs !== null && row.finishedAtMs >= endedSinceMs;
      });
      const page = lost.slice(0, limit);
      for (const row of page) this.leaveEntry(row.ref, 0);
      return lost.length > limit ? (page.at(-1)?.ref ?? null) : null;
    });
  }

  attemptsOf(): Promise<never> {
    throw new Error("the collector is not part of these tests");
  }

  /** As the committer of a removal leaves it: no row, an entry. */
  remove(ref: JobRef): void {
    this.rows.delete(refKey(ref));
    this.leaveEntry(ref, this.#graceMs);
  }

  removeEnded(): Promise<never> {
    throw new Error("the retention is not part of these tests");
  }

  async forgetIdempotencyKeys(): Promise<number> {
    return 0;
  }

  readonly stats = (): Promise<OutboxStats> =>
    this.#answer("stats", () => ({ oldestUnrepairedMs: 0, entries: this.outbox.size }));

  leaveEntry(ref: JobRef, delayMs: number): void {
    const entry = { generation: ++this.#generation, dueAtMs: this.#clock.nowMs() + delayMs, applied: false };
    this.outbox.set(refKey(ref), entry);
  }

  record(row: Row): JobRecord {
    const at = (ms: number): string => new Date(1_800_000_000_000 + ms).toISOString();
    const {
      runAtMs,
      leaseUntilMs: _lease,
      leaseOwner: _owner,
      checkpoint: _checkpoint,
      finishedAtMs,
      ...rest
    } = row;
    return {
      ...rest,
      title: null,
      metadata: null,
      createdBy: "alice",
      runAt: at(runAtMs),
      runInMs: Math.max(0, runAtMs - this.#clock.nowMs()),
      createdAt: at(0),
      startedAt: null,
      finishedAt: finishedAtMs === null ? null : new Date(finishedAtMs).toISOString(),
      updatedAt: at(this.#clock.nowMs()),
    };
  }

  #mine(ref: JobRef, attempt: number): Row | null {
    const row = this.rows.get(refKey(ref));
    return row?.attempt === attempt && row.status === "PROCESSING" ? row : null;
  }

  #handBack(row: Row | null): JobRecord | null {
    if (row === null) return null;
    if (row.cancelRequested) return this.#end(row, "CANCELLED");
    row.tries -= 1;
    return this.#again(row, 0);
  }

  #end(row: Row, status: Status, graceMs = this.#graceMs): JobRecord {
    if (!isTerminal(status)) throw new Error(`not an end: ${status}`);
    row.status = status;
    row.checkpoint = null;
    row.leaseUntilMs = null;
    row.finishedAtMs = this.#clock.unixMs();
    this.leaveEntry(row.ref, graceMs);
    return this.record(row);
  }

  #again(row: Row, delayMs: number, graceMs = this.#graceMs): JobRecord {
    row.status = "PENDING";
    row.attempt += 1;
    row.leaseUntilMs = null;
    row.runAtMs = this.#clock.nowMs() + delayMs;
    this.leaveEntry(row.ref, graceMs);
    return this.record(row);
  }

  #take(limit: number, takeMs: number): OutboxEntry[] {
    const nowMs = this.#clock.nowMs();
    const due = [...this.outbox].filter(([, entry]) => entry.dueAtMs <= nowMs).slice(0, limit);
    return due.map(([key, entry]): OutboxEntry => {
      entry.dueAtMs = nowMs + takeMs;
      const row = this.rows.get(key);
      const ref = row?.ref ?? parseRefKey(key);
      if (ref === null) throw new Error(`not a ref's key: ${key}`);
      const record = row === undefined ? null : this.record(row);
      return { ref, generation: String(entry.generation), applied: entry.applied, record };
    });
  }

  #entryOf(ref: JobRef, generation: string): Entry | null {
    const entry = this.outbox.get(refKey(ref));
    return entry !== undefined && String(entry.generation) === generation ? entry : null;
  }

  #sorted(): Row[] {
    return [...this.rows.values()].sort((a, b) => (refKey(a.ref) < refKey(b.ref) ? -1 : 1));
  }

  async #answer<T>(call: Call, statement: () => T): Promise<T> {
    this.calls.push(call);
    await Promise.resolve();
    const index = this.#troubles.findIndex((trouble) => trouble.call === call);
    const trouble = index < 0 ? null : (this.#troubles.splice(index, 1)[0]?.trouble ?? null);
    if (this.#away || trouble === "unanswered") throw new StatusplaneError("database_unavailable");
    if (trouble === "full") throw new StatusplaneError("storage_full");
    const answer = statement();
    this.onCall(call);
    if (trouble === "carried-out-unanswered") throw new StatusplaneError("database_unavailable");
    return answer;
  }
}

function resultOf(result: NonNullable<JobEnd["result"]>): RecordResult {
  if (result.kind === "file") return result;
  return result.bytes <= INLINE_MAX_BYTES
    ? { kind: "inline", value: result.value }
    : { kind: "row", bytes: result.bytes };
}

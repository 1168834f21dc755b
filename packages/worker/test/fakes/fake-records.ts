import {
  jobRef,
  refKey,
  StatusplaneError,
  type AttemptReport,
  type FailedTry,
  type FollowClockOptions,
  type JobEnd,
  type JobRecord,
  type JobRef,
  type ReconcilerRecords,
  type Renewal,
  type WorkerRecords,
} from "@statusplane/core";
import { memoryJobRecords, newRow, type MemoryJobRecords, type MemoryRow } from "@statusplane/memory/testing";
import type { FakeClock } from "./fake-clock.ts";

export type Row = MemoryRow;

type Call = keyof WorkerRecords | keyof ReconcilerRecords;

/** What a call meets: no answer, carried out but the answer lost, or a disk without room. */
type Trouble = "unanswered" | "carried-out-unanswered" | "full";

/** The records in memory, with rows to arrange and troubles to order. */
export class FakeRecords implements WorkerRecords, ReconcilerRecords {
  readonly calls: Call[] = [];
  /** What each renewal said. */
  readonly renewals: (readonly Renewal[])[] = [];
  /** What was said of attempts at their ends, in order. */
  readonly reports: AttemptReport[] = [];
  readonly followed: FollowClockOptions[] = [];
  /** How many pages there are to follow the clock in. */
  followPages = 1;
  /** Called between the carrying out of a statement and its answer. */
  onCall: (call: Call) => void = () => undefined;
  readonly #memory: MemoryJobRecords;
  readonly #troubles: { readonly call: Call; readonly trouble: Trouble }[] = [];
  #away = false;

  constructor(clock: FakeClock) {
    const answer = <T>(call: string, statement: () => T) => this.#answer(call as Call, statement);
    this.#memory = memoryJobRecords({ clock, answer });
  }

  get rows(): Map<string, Row> {
    return this.#memory.rows.rows;
  }

  get outbox(): MemoryJobRecords["rows"]["outbox"] {
    return this.#memory.rows.outbox;
  }

  get leader(): MemoryJobRecords["lease"]["leader"] {
    return this.#memory.lease.leader;
  }

  set leader(leader: MemoryJobRecords["lease"]["leader"]) {
    this.#memory.lease.leader = leader;
  }

  /** A row that differs in this from one just submitted; without an entry. */
  add(id: string, options: Partial<Row> = {}): JobRef {
    const { ref = jobRef("7", "job", id), ...rest } = options;
    const job = { ref, jobType: "count", title: null, payload: null, createdBy: "alice", maxTries: 3 };
    this.rows.set(refKey(ref), { ...newRow(this.#memory.rows, job), ...rest });
    return ref;
  }

  row(ref: JobRef): Row {
    const row = this.rows.get(refKey(ref));
    if (row === undefined) throw new Error("no such row");
    return row;
  }

  record(row: Row): JobRecord {
    return this.#memory.rows.toRecord(row);
  }

  leaveEntry(ref: JobRef, dueInMs: number): void {
    this.#memory.rows.leaveEntry(ref, dueInMs);
  }

  /** As the committer of a removal leaves it: no row, an entry. */
  remove(ref: JobRef): void {
    this.#memory.rows.remove(ref);
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

  readonly claim: WorkerRecords["claim"] = (ref, owner, leaseMs) =>
    this.#memory.worker.claim(ref, owner, leaseMs);
  readonly releaseClaim: WorkerRecords["releaseClaim"] = (ref, owner) =>
    this.#memory.worker.releaseClaim(ref, owner);
  readonly find: WorkerRecords["find"] = (ref) => this.#memory.worker.find(ref);

  readonly renew: WorkerRecords["renew"] = (leases, leaseMs) => {
    this.renewals.push(leases);
    return this.#memory.worker.renew(leases, leaseMs);
  };

  finish(ref: JobRef, attempt: number, end: JobEnd): Promise<JobRecord | null> {
    this.reports.push({ steps: end.steps ?? [] });
    return this.#memory.worker.finish(ref, attempt, end);
  }

  failTry(ref: JobRef, attempt: number, failure: FailedTry): Promise<JobRecord | null> {
    this.reports.push({ steps: failure.steps ?? [] });
    return this.#memory.worker.failTry(ref, attempt, failure);
  }

  handBack(ref: JobRef, attempt: number, report: AttemptReport = {}): Promise<JobRecord | null> {
    this.reports.push(report);
    return this.#memory.worker.handBack(ref, attempt, report);
  }

  readonly tick: ReconcilerRecords["tick"] = (options) => this.#memory.reconciler.tick(options);
  readonly resign: ReconcilerRecords["resign"] = (owner) => this.#memory.reconciler.resign(owner);
  readonly take: ReconcilerRecords["take"] = (limit, takeMs) => this.#memory.reconciler.take(limit, takeMs);
  readonly markApplied: ReconcilerRecords["markApplied"] = (entries, settleMs) =>
    this.#memory.reconciler.markApplied(entries, settleMs);
  readonly deleteApplied: ReconcilerRecords["deleteApplied"] = (entries) =>
    this.#memory.reconciler.deleteApplied(entries);
  readonly sweep: ReconcilerRecords["sweep"] = (limit) => this.#memory.reconciler.sweep(limit);
  readonly pageWaiting: ReconcilerRecords["pageWaiting"] = (after, limit) =>
    this.#memory.reconciler.pageWaiting(after, limit);
  readonly enqueueLost: ReconcilerRecords["enqueueLost"] = (endedSinceMs, after, limit) =>
    this.#memory.reconciler.enqueueLost(endedSinceMs, after, limit);
  readonly attemptsOf: ReconcilerRecords["attemptsOf"] = (refs) => this.#memory.reconciler.attemptsOf(refs);
  readonly removeEnded: ReconcilerRecords["removeEnded"] = (olderThanMs, limit) =>
    this.#memory.reconciler.removeEnded(olderThanMs, limit);
  readonly forgetIdempotencyKeys: ReconcilerRecords["forgetIdempotencyKeys"] = (olderThanMs) =>
    this.#memory.reconciler.forgetIdempotencyKeys(olderThanMs);
  readonly stats: ReconcilerRecords["stats"] = () => this.#memory.reconciler.stats();

  /** Rows in memory go by a clock that nobody sets: the calls are kept, and answered as many rows would be. */
  followClock(options: FollowClockOptions): Promise<boolean> {
    return this.#answer("followClock", () => {
      this.followed.push(options);
      return this.followed.length < this.followPages;
    });
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

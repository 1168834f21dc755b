import {
  isTerminal,
  refKey,
  StatusplaneError,
  type AttemptRecord,
  type JobRecord,
  type JobRef,
  type RequestRecords,
} from "@statusplane/core";
import { memoryJobRecords, type MemoryJobRecords, type MemoryRow } from "@statusplane/memory/testing";

const AT = "2026-03-01T00:00:00.000Z";
const AT_MS = Date.parse(AT);

/** A row as a submit makes it, with whatever differs. */
export function recordOf(ref: JobRef, changes: Partial<JobRecord> = {}): JobRecord {
  return {
    ref,
    jobType: ref.kind === "video" ? "render" : "tally",
    status: "PENDING",
    attempt: 1,
    tries: 0,
    maxTries: 3,
    triesLost: 0,
    runAt: AT,
    runInMs: 0,
    cancelRequested: false,
    title: null,
    metadata: null,
    payload: {},
    createdBy: null,
    result: null,
    files: [],
    errorCode: null,
    errorMessage: null,
    errorDetail: null,
    lastErrorCode: null,
    createdAt: AT,
    startedAt: null,
    finishedAt: changes.status !== undefined && isTerminal(changes.status) ? AT : null,
    updatedAt: AT,
    ...changes,
  };
}

/** The records in memory, with rows to arrange; `statements` names every call that is one. */
export class FakeRecords implements RequestRecords {
  readonly statements: string[] = [];
  /** What each findMany was asked for. */
  readonly lookedUp: string[][] = [];
  /** Postgres does not answer. "after" a submit: the COMMIT is done, nobody knows. */
  down: false | "before" | "after" = false;
  /** Awaited within each find and findMany, to hold it open. */
  gate: Promise<void> = Promise.resolve();
  readonly #memory: MemoryJobRecords = memoryJobRecords({
    clock: { nowMs: () => 0, unixMs: () => AT_MS },
    answer: (call, statement) => this.#answer(call, statement),
  });

  /** Every row, as a record, by its key. */
  get rows(): ReadonlyMap<string, JobRecord> {
    const { rows } = this.#memory;
    return new Map(Array.from(rows.rows, ([key, row]) => [key, rows.toRecord(row)]));
  }

  put(record: JobRecord): JobRecord {
    this.#memory.rows.rows.set(refKey(record.ref), rowOf(record));
    return record;
  }

  /** Attempts that have ended. */
  putAttempts(ref: JobRef, attempts: readonly AttemptRecord[]): void {
    this.#memory.rows.attempts.set(refKey(ref), [...attempts]);
  }

  /** The text of a result beyond the inline size. */
  putResult(ref: JobRef, text: string): void {
    const row = this.#memory.rows.rows.get(refKey(ref));
    if (row === undefined) throw new Error("put its row first");
    row.resultText = text;
  }

  forget(ref: JobRef): void {
    this.#memory.rows.rows.delete(refKey(ref));
  }

  submit: RequestRecords["submit"] = (job) => this.#memory.requests.submit(job);
  readonly findSubmitted: RequestRecords["findSubmitted"] = (tenant, idempotency) =>
    this.#memory.requests.findSubmitted(tenant, idempotency);
  readonly find: RequestRecords["find"] = (ref) => this.#memory.requests.find(ref);
  readonly findMany: RequestRecords["findMany"] = (refs) => {
    this.lookedUp.push(refs.map(refKey));
    return this.#memory.requests.findMany(refs);
  };
  readonly findResult: RequestRecords["findResult"] = (ref) => this.#memory.requests.findResult(ref);
  readonly page: RequestRecords["page"] = (tenant, kind, options) =>
    this.#memory.requests.page(tenant, kind, options);
  readonly cancel: RequestRecords["cancel"] = (ref) => this.#memory.requests.cancel(ref);
  readonly retry: RequestRecords["retry"] = (ref) => this.#memory.requests.retry(ref);
  readonly remove: RequestRecords["remove"] = (ref) => this.#memory.requests.remove(ref);

  async #answer<T>(call: string, statement: () => T): Promise<T> {
    this.statements.push(call);
    if (this.down === "before") throw new StatusplaneError("database_unavailable");
    if (call === "find" || call === "findMany") await this.gate;
    const answer = statement();
    if (this.down === "after" && call === "submit") throw new StatusplaneError("database_unavailable");
    return answer;
  }
}

/** What the rows of memory keep of a record. */
function rowOf(record: JobRecord): MemoryRow {
  const { runAt, runInMs: _, createdAt, startedAt, finishedAt, updatedAt, ...rest } = record;
  return {
    ...rest,
    runAtMs: Date.parse(runAt) - AT_MS,
    leaseUntilMs: null,
    leaseOwner: null,
    checkpoint: null,
    resultText: null,
    createdAtMs: Date.parse(createdAt),
    startedAtMs: startedAt === null ? null : Date.parse(startedAt),
    finishedAtMs: finishedAt === null ? null : Date.parse(finishedAt),
    updatedAtMs: Date.parse(updatedAt),
  };
}

import {
  isTerminal,
  refKey,
  StatusplaneError,
  type AttemptRecord,
  type CancelOutcome,
  type DetailedRecord,
  type JobRecord,
  type JobRef,
  type Kind,
  type NewJob,
  type PageOptions,
  type RecordPage,
  type RemoveOutcome,
  type RequestRecords,
  type RetryOutcome,
  type SubmitOutcome,
} from "@statusplane/core";

const AT = "2026-03-01T00:00:00.000Z";

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
    finishedAt: null,
    updatedAt: AT,
    ...changes,
  };
}

/** Rows in a Map; `statements` names every call, one statement each. */
export class FakeRecords implements RequestRecords {
  readonly rows = new Map<string, JobRecord>();
  readonly attempts = new Map<string, readonly AttemptRecord[]>();
  readonly largeResults = new Map<string, string>();
  readonly statements: string[] = [];
  /** What each findMany was asked for. */
  readonly lookedUp: string[][] = [];
  readonly #keys = new Map<string, { readonly bodyHash: string; readonly ref: JobRef }>();
  /** Postgres does not answer. "after" a submit: the COMMIT is done, nobody knows. */
  down: false | "before" | "after" = false;
  /** Awaited within each find and findMany, to hold it open. */
  gate: Promise<void> = Promise.resolve();

  put(record: JobRecord): JobRecord {
    this.rows.set(refKey(record.ref), record);
    return record;
  }

  async submit(job: NewJob): Promise<SubmitOutcome> {
    this.#ask("submit");
    const { idempotency } = job;
    const key = `${job.ref.tenant} ${idempotency?.key}`;
    const earlier = idempotency === undefined ? undefined : this.#keys.get(key);
    if (earlier !== undefined) {
      const record = this.rows.get(refKey(earlier.ref));
      if (earlier.bodyHash !== idempotency?.bodyHash || record === undefined) return { outcome: "conflict" };
      return { outcome: "repeated", record };
    }
    const { ref, jobType, title, metadata = null, payload, createdBy, maxTries } = job;
    const record = this.put(recordOf(ref, { jobType, title, metadata, payload, createdBy, maxTries }));
    if (idempotency !== undefined) this.#keys.set(key, { bodyHash: idempotency.bodyHash, ref });
    if (this.down === "after") throw new StatusplaneError("database_unavailable");
    return { outcome: "created", record };
  }

  async find(ref: JobRef): Promise<JobRecord | null> {
    this.#ask("find");
    await this.gate;
    return this.rows.get(refKey(ref)) ?? null;
  }

  async findMany(refs: readonly JobRef[]): Promise<readonly (DetailedRecord | null)[]> {
    this.#ask("findMany");
    this.lookedUp.push(refs.map(refKey));
    await this.gate;
    return refs.map((ref) => {
      const row = this.rows.get(refKey(ref));
      return row === undefined ? null : { ...row, attempts: this.attempts.get(refKey(ref)) ?? [] };
    });
  }

  async findResult(ref: JobRef): Promise<{ readonly attempt: number; readonly text: string } | null> {
    this.#ask("findResult");
    const text = this.largeResults.get(refKey(ref));
    return text === undefined ? null : { attempt: this.rows.get(refKey(ref))?.attempt ?? 1, text };
  }

  async page(tenant: string, kind: Kind, options: PageOptions): Promise<RecordPage> {
    this.#ask("page");
    const { cursor, limit, status, jobType, createdBy } = options;
    if (cursor !== null && !/^\d+$/.test(cursor))
      throw new StatusplaneError("invalid_request", { detail: "cursor" });
    const rows = [...this.rows.values()].filter(
      (row) =>
        row.ref.tenant === tenant &&
        row.ref.kind === kind &&
        (status === undefined || row.status === status) &&
        (jobType === undefined || row.jobType === jobType) &&
        (createdBy === undefined || row.createdBy === createdBy),
    );
    const from = Number(cursor ?? 0);
    const nextCursor = rows.length > from + limit ? String(from + limit) : null;
    return { items: rows.slice(from, from + limit), nextCursor };
  }

  async cancel(ref: JobRef): Promise<CancelOutcome> {
    this.#ask("cancel");
    const row = this.rows.get(refKey(ref));
    if (row === undefined) return { outcome: "not_found" };
    if (row.status === "PENDING") {
      return { outcome: "cancelled", record: this.put({ ...row, status: "CANCELLED", finishedAt: AT }) };
    }
    if (isTerminal(row.status)) return { outcome: "finished", record: row };
    return { outcome: "requested", record: this.put({ ...row, cancelRequested: true }) };
  }

  async retry(ref: JobRef): Promise<RetryOutcome> {
    this.#ask("retry");
    const row = this.rows.get(refKey(ref));
    if (row === undefined) return { outcome: "not_found" };
    if (row.status !== "FAILED" && row.status !== "CANCELLED")
      return { outcome: "not_retryable", record: row };
    return { outcome: "retried", record: this.put(recordOf(ref, { attempt: row.attempt + 1 })) };
  }

  async remove(ref: JobRef): Promise<RemoveOutcome> {
    this.#ask("remove");
    const row = this.rows.get(refKey(ref));
    if (row === undefined) return "not_found";
    if (!isTerminal(row.status)) return "not_finished";
    this.rows.delete(refKey(ref));
    return "removed";
  }

  #ask(statement: string): void {
    this.statements.push(statement);
    if (this.down === "before") throw new StatusplaneError("database_unavailable");
  }
}

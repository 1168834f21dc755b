import {
  encodeJson,
  refKey,
  StatusplaneError,
  type JobRecord,
  type Json,
  type NewJob,
  type PageOptions,
  type RequestRecords,
  type SubmitOutcome,
} from "@statusplane/core";
import { withoutNul, type MemoryRow, type MemoryRows } from "./memory-rows.ts";
import { found } from "./memory-worker-records.ts";

/** What people's statements do. */
export function memoryRequestRecords(rows: MemoryRows): RequestRecords {
  const { clock } = rows;
  const once = <T>(call: string, statement: () => T): Promise<T> =>
    rows.answer(call, () => {
      rows.count();
      return statement();
    });
  return {
    submit: (job) => once("submit", () => submit(rows, job)),
    findSubmitted: (tenant, { key, bodyHash }) =>
      once("findSubmitted", () => {
        const used = rows.keys.get(`${tenant} ${key}`);
        const earlier = used === undefined ? undefined : rows.rows.get(refKey(used.ref));
        if (used === undefined || earlier === undefined) return null;
        const isSame = used.bodyHash === bodyHash;
        return isSame ? { outcome: "repeated", record: rows.toRecord(earlier) } : { outcome: "conflict" };
      }),
    find: (ref) => once("find", () => found(rows, ref)),
    findMany: async (refs) => {
      if (refs.length === 0) return [];
      return once("findMany", () =>
        refs.map((ref) => {
          const record = found(rows, ref);
          return record === null ? null : { ...record, attempts: rows.attemptsOf(ref) };
        }),
      );
    },
    findResult: (ref) =>
      once("findResult", () => {
        const row = rows.rows.get(refKey(ref));
        if (row === undefined || row.resultText === null) return null;
        return { attempt: row.attempt, text: row.resultText };
      }),
    page: (tenant, kind, options) =>
      once("page", () => {
        const fits = (row: MemoryRow): boolean => row.ref.tenant === tenant && row.ref.kind === kind;
        return page([...rows.rows.values()].filter(fits), options, (row) => rows.toRecord(row));
      }),
    cancel: (ref) =>
      once("cancel", () => {
        const row = rows.rows.get(refKey(ref));
        if (row?.status === "PENDING") {
          row.cancelRequested = true;
          row.startedAtMs = null;
          return { outcome: "cancelled", record: rows.end(row, "CANCELLED") };
        }
        if (row?.status === "PROCESSING") {
          row.cancelRequested = true;
          row.updatedAtMs = clock.unixMs();
          return { outcome: "requested", record: rows.toRecord(row) };
        }
        rows.count(); // a look at why
        if (row === undefined) return { outcome: "not_found" };
        const outcome = row.status === "CANCELLED" ? "cancelled" : "finished";
        return { outcome, record: rows.toRecord(row) };
      }),
    retry: (ref) =>
      once("retry", () => {
        const row = rows.rows.get(refKey(ref));
        if (row?.status === "FAILED" || row?.status === "CANCELLED") {
          return { outcome: "retried", record: retry(rows, row) };
        }
        rows.count(); // a look at why
        if (row === undefined) return { outcome: "not_found" };
        return { outcome: "not_retryable", record: rows.toRecord(row) };
      }),
    remove: (ref) =>
      once("remove", () => {
        const row = rows.rows.get(refKey(ref));
        if (row !== undefined && row.finishedAtMs !== null) {
          rows.remove(ref);
          return "removed";
        }
        rows.count(); // a look at why
        return row === undefined ? "not_found" : "not_finished";
      }),
  };
}

/** A row as a submit makes it. */
export function newRow(rows: MemoryRows, job: Omit<NewJob, "idempotency">): MemoryRow {
  const nowMs = rows.clock.unixMs();
  return {
    ref: job.ref,
    jobType: job.jobType,
    status: "PENDING",
    attempt: 1,
    tries: 0,
    maxTries: job.maxTries,
    triesLost: 0,
    runAtMs: rows.clock.nowMs(),
    leaseUntilMs: null,
    leaseOwner: null,
    cancelRequested: false,
    title: withoutNul(job.title),
    metadata: job.metadata ?? null,
    payload: JSON.parse(encodeJson(job.payload)) as Json,
    createdBy: withoutNul(job.createdBy),
    checkpoint: null,
    result: null,
    resultText: null,
    files: [],
    errorCode: null,
    errorMessage: null,
    errorDetail: null,
    lastErrorCode: null,
    createdAtMs: nowMs,
    startedAtMs: null,
    finishedAtMs: null,
    updatedAtMs: nowMs,
  };
}

function submit(rows: MemoryRows, job: NewJob): SubmitOutcome {
  const { ref, idempotency } = job;
  const name = `${ref.tenant} ${idempotency?.key}`;
  const used = idempotency === undefined ? undefined : rows.keys.get(name);
  if (idempotency !== undefined && used === undefined) {
    rows.keys.set(name, { bodyHash: idempotency.bodyHash, ref, usedAtMs: rows.clock.unixMs() });
  }
  const same = rows.rows.get(refKey(ref));
  if (used === undefined && same === undefined) {
    const row = newRow(rows, job);
    rows.rows.set(refKey(ref), row);
    rows.leaveEntry(ref);
    return { outcome: "created", record: rows.toRecord(row) };
  }
  rows.count(); // a look at what was there already
  const earlier = used === undefined ? same : rows.rows.get(refKey(used.ref));
  if (earlier === undefined) throw new StatusplaneError("internal_error");
  const isSame =
    idempotency === undefined
      ? earlier.jobType === job.jobType && encodeJson(earlier.payload) === encodeJson(job.payload)
      : used === undefined || used.bodyHash === idempotency.bodyHash;
  return isSame ? { outcome: "repeated", record: rows.toRecord(earlier) } : { outcome: "conflict" };
}

/** A new attempt, as if new: nothing of the old end stays. */
function retry(rows: MemoryRows, row: MemoryRow): JobRecord {
  const { ref, attempt, createdAtMs } = row;
  const { jobType, title, metadata, payload, createdBy, maxTries } = row;
  const fresh = newRow(rows, { ref, jobType, title, metadata, payload, createdBy, maxTries });
  Object.assign(row, fresh, { attempt: attempt + 1, createdAtMs });
  rows.leaveEntry(ref);
  return rows.toRecord(row);
}

/** Newest first; a cursor names the row that the page before ended with. */
function page(
  candidates: readonly MemoryRow[],
  { cursor, limit, status, jobType, createdBy }: PageOptions,
  toRecord: (row: MemoryRow) => JobRecord,
): { items: readonly JobRecord[]; nextCursor: string | null } {
  const newestFirst = candidates
    .filter(
      (row) =>
        (status === undefined || row.status === status) &&
        (jobType === undefined || row.jobType === jobType) &&
        (createdBy === undefined || row.createdBy === createdBy),
    )
    .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.ref.id < b.ref.id ? 1 : -1));
  const after = cursor === null ? null : decodeCursor(cursor);
  const rest = newestFirst.filter(
    ({ createdAtMs, ref }) =>
      after === null || createdAtMs < after.atMs || (createdAtMs === after.atMs && ref.id < after.id),
  );
  const shown = rest.slice(0, Math.min(100, Math.max(1, Math.trunc(limit))));
  const last = rest.length > shown.length ? shown.at(-1) : undefined;
  return { items: shown.map(toRecord), nextCursor: last === undefined ? null : encodeCursor(last) };
}

function encodeCursor({ createdAtMs, ref }: MemoryRow): string {
  return Buffer.from(`${createdAtMs}.${ref.id}`).toString("base64url");
}

function decodeCursor(cursor: string): { readonly atMs: number; readonly id: string } {
  const [, atMs, id] =
    /^(\d{1,16})\.([A-Za-z0-9_-]{1,64})$/.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (atMs === undefined || id === undefined)
    throw new StatusplaneError("invalid_request", { detail: "cursor" });
  return { atMs: Number(atMs), id };
}

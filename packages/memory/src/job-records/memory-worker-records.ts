import {
  encodeJson,
  refKey,
  type AttemptReport,
  type JobRecord,
  type JobRef,
  type Json,
  type RecordResult,
  type ResultToStore,
  type WorkerRecords,
} from "@statusplane/core";
import { withoutNul, type MemoryRow, type MemoryRows } from "./memory-rows.ts";

/** What the worker's statements do. */
export function memoryWorkerRecords(rows: MemoryRows): WorkerRecords {
  const { clock } = rows;
  const once = <T>(call: string, statement: () => T): Promise<T> =>
    rows.answer(call, () => {
      rows.count();
      return statement();
    });
  const handBack = (row: MemoryRow | null, report: AttemptReport): JobRecord | null => {
    if (row === null) return null;
    if (row.cancelRequested) return rows.end(row, "CANCELLED", report);
    row.tries = Math.max(0, row.tries - 1);
    return rows.again(row, { ...report, code: "handed_back" });
  };
  return {
    claim: (ref, owner, leaseMs) =>
      once("claim", () => {
        const row = rows.rows.get(refKey(ref));
        const delayMs = row === undefined ? 0 : row.runAtMs - clock.nowMs();
        if (row?.status !== "PENDING" || delayMs > 0) rows.count(); // a look at why
        if (row?.status !== "PENDING") return { outcome: "gone" };
        if (delayMs > 0) return { outcome: "later", delayMs: Math.max(1, Math.ceil(delayMs)) };
        row.status = "PROCESSING";
        row.tries += 1;
        row.startedAtMs = row.updatedAtMs = clock.unixMs();
        row.leaseUntilMs = clock.nowMs() + leaseMs;
        row.leaseOwner = owner;
        return { outcome: "claimed", record: rows.toRecord(row), checkpoint: row.checkpoint };
      }),
    renew: async (leases, leaseMs) => {
      if (leases.length === 0) return [];
      return once("renew", () =>
        leases.flatMap(({ ref, attempt, checkpoint }) => {
          const row = rows.mine(ref, attempt);
          if (row === null) return [];
          row.leaseUntilMs = clock.nowMs() + leaseMs;
          if (checkpoint !== undefined) row.checkpoint = checkpoint;
          return [{ ref, attempt, cancelRequested: row.cancelRequested }];
        }),
      );
    },
    finish: (ref, attempt, end) =>
      once("finish", () => {
        const row = rows.mine(ref, attempt);
        if (row === null) return null;
        const kept = !row.cancelRequested || (ref.kind === "job" && end.result?.kind !== "file");
        keepResult(row, kept ? end.result : null, rows.resultInlineMaxBytes);
        row.files = "files" in end && !row.cancelRequested ? (end.files ?? []) : [];
        return rows.end(row, row.cancelRequested ? "CANCELLED" : end.status, end);
      }),
    failTry: (ref, attempt, failure) =>
      once("failTry", () => {
        const row = rows.mine(ref, attempt);
        if (row === null) return null;
        row.lastErrorCode = failure.errorCode;
        if (row.cancelRequested) return rows.end(row, "CANCELLED", failure);
        row.errorDetail = withoutNul(failure.errorDetail);
        if (failure.retryable && row.tries < row.maxTries) {
          return rows.again(row, { ...failure, code: failure.errorCode, delayMs: failure.backoffMs });
        }
        row.errorCode = failure.errorCode;
        row.errorMessage = withoutNul(failure.errorMessage);
        return rows.end(row, "FAILED", failure);
      }),
    handBack: (ref, attempt, report = {}) =>
      once("handBack", () => handBack(rows.mine(ref, attempt), report)),
    releaseClaim: (ref, owner) =>
      once("releaseClaim", () => {
        const row = rows.rows.get(refKey(ref));
        return handBack(row?.status === "PROCESSING" && row.leaseOwner === owner ? row : null, {});
      }),
    find: (ref) => once("find", () => found(rows, ref)),
  };
}

/** One look at the row. */
export function found(rows: MemoryRows, ref: JobRef): JobRecord | null {
  const row = rows.rows.get(refKey(ref));
  return row === undefined ? null : rows.toRecord(row);
}

function keepResult(row: MemoryRow, result: ResultToStore | null, inlineMaxBytes: number): void {
  row.resultText = result?.kind === "value" ? encodeJson(result.value) : null;
  row.result = result === null ? null : shownResult(result, inlineMaxBytes);
}

function shownResult(result: ResultToStore, inlineMaxBytes: number): RecordResult {
  if (result.kind === "file") return { kind: "file", bytes: result.bytes };
  if (result.bytes > inlineMaxBytes) return { kind: "row", bytes: result.bytes };
  return { kind: "inline", value: JSON.parse(encodeJson(result.value)) as Json };
}

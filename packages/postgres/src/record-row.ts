import {
  isStatus,
  jobRef,
  type DeclaredFile,
  type JobRecord,
  type Json,
  type JsonObject,
  type RecordResult,
} from "@statusplane/core";
import type { Row } from "./statement.ts";

/**
 * The columns of a {@link JobRecord}. `$1` is the inline size: a larger result stays in the row. Every statement that
 * answers records has it as its first parameter.
 */
export const RECORD_COLUMNS = `
  tenant_id, kind, id, job_type, status, attempt, tries, max_tries, tries_lost, run_at,
  greatest(0, ceil(extract(epoch FROM run_at - now()) * 1000))::float8 AS run_in_ms,
  cancel_requested, title, metadata, payload, created_by,
  CASE WHEN result_bytes <= $1::int THEN result END AS result, result_bytes > $1::int AS result_is_large,
  result_bytes, result_in_file, files, error_code, error_message, error_detail, last_error_code,
  created_at, started_at, finished_at, updated_at`;

/** The values of a row as our own schema and statements make them; checked where a wrong one would spread. */
export function toRecord(row: Row): JobRecord {
  const status = row["status"];
  if (!isStatus(status)) throw new TypeError(`a row with the status ${String(status)}`);
  return {
    ref: toRef(row),
    jobType: String(row["job_type"]),
    status,
    attempt: Number(row["attempt"]),
    tries: Number(row["tries"]),
    maxTries: Number(row["max_tries"]),
    triesLost: Number(row["tries_lost"]),
    runAt: toIso(row["run_at"]),
    runInMs: Number(row["run_in_ms"]),
    cancelRequested: row["cancel_requested"] === true,
    title: textOrNull(row["title"]),
    metadata: row["metadata"] as JsonObject | null,
    payload: row["payload"] as Json,
    createdBy: textOrNull(row["created_by"]),
    result: toResult(row),
    files: (row["files"] as readonly DeclaredFile[] | null) ?? [],
    errorCode: textOrNull(row["error_code"]),
    errorMessage: textOrNull(row["error_message"]),
    errorDetail: textOrNull(row["error_detail"]),
    lastErrorCode: textOrNull(row["last_error_code"]),
    createdAt: toIso(row["created_at"]),
    startedAt: isoOrNull(row["started_at"]),
    finishedAt: isoOrNull(row["finished_at"]),
    updatedAt: toIso(row["updated_at"]),
  };
}

/** The row's identity. @throws {invalid_id} for a row that this product did not write. */
export function toRef(row: Row): JobRecord["ref"] {
  return jobRef(String(row["tenant_id"]), row["kind"] === "video" ? "video" : "job", String(row["id"]));
}

/** The first row as a record, null where there is none. */
export function firstRecord([row]: readonly Row[]): JobRecord | null {
  return row === undefined ? null : toRecord(row);
}

function toResult(row: Row): RecordResult | null {
  if (row["result_bytes"] === null) return null;
  const bytes = Number(row["result_bytes"]);
  if (row["result_in_file"] === true) return { kind: "file", bytes };
  return row["result_is_large"] === true
    ? { kind: "row", bytes }
    : { kind: "inline", value: row["result"] as Json };
}

function toIso(value: unknown): string {
  const iso = isoOrNull(value);
  if (iso === null) throw new TypeError("a row without its date");
  return iso;
}

function isoOrNull(value: unknown): string | null {
  return value instanceof Date ? value.toISOString() : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** Postgres' text cannot hold U+0000, and a title or message with one must not keep a job from ending. */
export function withoutNul(text: string): string {
  return text.replaceAll("\u0000", "");
}

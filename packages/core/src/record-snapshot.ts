import type { JobRecord, RecordResult } from "./job-records-ports.ts";
import { publicMessage } from "./errors.ts";
import { rowVersion, type Snapshot, type SnapshotResult } from "./snapshot.ts";
import { readOutputParts } from "./wire/first-wire.ts";
import { asMembers, numberOrNull, textOrNull, type Members } from "./wire/members.ts";

/**
 * The snapshot that the row alone tells: PENDING with its next try, PROCESSING as version 1 without progress, or the
 * end. Used by submit, relay, sweeper and detail; a worker's own snapshots say more.
 */
export function snapshotOfRecord(record: JobRecord): Snapshot {
  const { ref, jobType, title, attempt, updatedAt } = record;
  const base = { ref, jobType, title, attempt, updatedAt };
  switch (record.status) {
    case "PENDING":
      return {
        ...base,
        status: "PENDING",
        nextTry:
          record.lastErrorCode === null
            ? null
            : {
                retryAt: record.runAt,
                lastErrorCode: record.lastErrorCode,
                try: record.tries + 1,
                maxTries: record.maxTries,
              },
      };
    case "PROCESSING":
      return {
        ...base,
        status: "PROCESSING",
        version: rowVersion("PROCESSING"),
        progress: { percent: 0, remainingSeconds: null, step: null },
      };
    case "READY": {
      const { path, durationSeconds } = readOutputParts(inlineMembers(record.result));
      return {
        ...base,
        status: "READY",
        outputPath: textOrNull(path) ?? "",
        durationSeconds: numberOrNull(durationSeconds) ?? 0,
      };
    }
    case "DONE":
      return {
        ...base,
        status: "DONE",
        result: snapshotResult(record.result) ?? { kind: "inline", value: null },
        files: record.files,
      };
    case "FAILED": {
      const errorCode = record.errorCode ?? "internal_error";
      return {
        ...base,
        status: "FAILED",
        errorCode,
        errorMessage: record.errorMessage ?? publicMessage(errorCode),
      };
    }
    case "CANCELLED":
      return { ...base, status: "CANCELLED", result: snapshotResult(record.result) };
  }
}

/** A large result, or one in a file, by its size; without its text. */
export function snapshotResult(result: RecordResult | null): SnapshotResult | null {
  if (result === null) return null;
  return result.kind === "row" ? { kind: "large", bytes: result.bytes, text: null } : result;
}

function inlineMembers(result: RecordResult | null): Members {
  return asMembers(result?.kind === "inline" ? result.value : null);
}

import {
  crashPoint,
  encodeJson,
  JobError,
  snapshotOfRecord,
  utf8Bytes,
  type JobRecord,
  type Json,
  type ResultToStore,
  type Snapshot,
} from "@statusplane/core";
import type { WorkerParts } from "./worker-parts.ts";

/** A result made ready before COMMIT: what the row keeps, and the text for the `:result` key where it has one. */
export interface PreparedResult {
  readonly toStore: ResultToStore;
  /** Null when it travels with the snapshot, or is a file. */
  readonly keyText: string | null;
}

export interface PrepareOptions {
  readonly record: JobRecord;
  readonly value: unknown;
  readonly parts: Pick<WorkerParts, "files" | "resultInlineMaxBytes" | "resultMaxBytes">;
}

/**
 * Encodes a result and puts it where its size belongs: inline, in the row with a `:result` key, or, above
 * `resultMaxBytes`, as `result.json` in the attempt's folder, which is written here, so before COMMIT.
 * @throws {TypeError} when it is not JSON, or not what the kind needs; JobError {result_too_large} for a video's.
 */
export async function prepareResult({ record, value, parts }: PrepareOptions): Promise<PreparedResult> {
  const json = (value ?? null) as Json; // checked by the encoder in the next line
  const text = encodeJson(json);
  const bytes = utf8Bytes(text);
  const inline = bytes <= parts.resultInlineMaxBytes;
  // a video's snapshot carries its output out of the row's inline result, and nothing else
  if (record.ref.kind === "video" && !inline) throw new JobError("result_too_large");
  if (bytes <= parts.resultMaxBytes) {
    return { toStore: { kind: "value", value: json, bytes }, keyText: inline ? null : text };
  }
  crashPoint("result-file.before-write");
  await parts.files.writeResultFile(record.ref, record.attempt, text);
  crashPoint("result-file.after-write");
  return { toStore: { kind: "file", bytes }, keyText: null };
}

/** The row's snapshot, with the text for the `:result` key, which only its worker has at hand. */
export function snapshotWithResult(record: JobRecord, keyText: string | null): Snapshot {
  const snapshot = snapshotOfRecord(record);
  if (keyText === null) return snapshot;
  if ((snapshot.status !== "DONE" && snapshot.status !== "CANCELLED") || snapshot.result?.kind !== "large")
    return snapshot;
  return { ...snapshot, result: { kind: "large", bytes: utf8Bytes(keyText), text: keyText } };
}

import { RESULT_FILE } from "./job-records-ports.ts";
import { idToJson, type JobRef } from "./job-ref.ts";
import { encodeJson } from "./json.ts";
import type { Progress, Snapshot, SnapshotResult } from "./snapshot.ts";
import { versionOf } from "./snapshot.ts";
import { isStatus, isTerminal, type Status } from "./terms.ts";
import type { SnapshotHead } from "./snapshot-order.ts";

/** The note's hash beside the text, field by field; null means the field is absent. */
export type ProgressHash = Readonly<Record<ProgressHashField, string | null>>;
export const PROGRESS_HASH_FIELDS = [
  "percent",
  "remaining_seconds",
  "step_index",
  "step_total",
  "step_key",
  "step_name_display",
  "step_percent",
] as const;
export type ProgressHashField = (typeof PROGRESS_HASH_FIELDS)[number];
/** The field of the progress hash that asks the attempt's worker to stop; its value is the attempt. */
export const CANCEL_FIELD = "cancel_requested";

/** A snapshot serialised once: `text` is what Redis stores, Pub/Sub carries and the browser parses. */
export interface EncodedSnapshot extends SnapshotHead {
  readonly ref: JobRef;
  /** Begins `{"attempt":A,"version":V,"status":"S",`. */
  readonly text: string;
  /** Only while PROCESSING. */
  readonly hash: ProgressHash | null;
  /** The text for the `:result` key; null: there is none, or the writer does not have it. */
  readonly resultText: string | null;
}

/**
 * Serialises a snapshot, in the note's field names of its kind (requirements §4).
 * @throws {TypeError} when a result or partial result is not JSON.
 */
export function encodeSnapshot(snapshot: Snapshot): EncodedSnapshot {
  const { ref, attempt, status } = snapshot;
  const version = versionOf(snapshot);
  const members = ref.kind === "video" ? videoMembers(snapshot) : jobMembers(snapshot);
  const text = `{"attempt":${attempt},"version":${version},"status":"${status}",${members},"updated_at":"${snapshot.updatedAt}"}`;
  const result = "result" in snapshot ? snapshot.result : null;
  return {
    ref,
    attempt,
    version,
    status,
    text,
    hash: status === "PROCESSING" ? hashOf(snapshot.progress) : null,
    resultText: result?.kind === "large" ? result.text : null,
  };
}

const NO_VIDEO_PROGRESS =
  `"encoding_progress":null,"encoding_remaining_seconds":null,"encoding_step_index":null,"encoding_step_total":null,` +
  `"encoding_step_key":null,"encoding_step_name":null,"encoding_step_percent":null`;

function videoMembers(snapshot: Snapshot): string {
  const id = `"id":${JSON.stringify(idToJson(snapshot.ref))},`;
  switch (snapshot.status) {
    case "PENDING":
    case "CANCELLED":
      return id + NO_VIDEO_PROGRESS + commonMembers(snapshot);
    case "PROCESSING":
      return id + videoProgress(snapshot.progress) + commonMembers(snapshot);
    case "READY":
    case "DONE": {
      if (snapshot.status === "DONE") throw new TypeError("a video ends READY, not DONE");
      const { hlsPath, durationSeconds } = snapshot;
      return `${id}${NO_VIDEO_PROGRESS},"hls_path":${JSON.stringify(hlsPath)},"duration":${durationSeconds}`;
    }
    case "FAILED":
      return (
        `${id}${NO_VIDEO_PROGRESS},"hls_path":null,"duration":null,` +
        `"error_reason":${JSON.stringify(snapshot.errorMessage)},"error_code":${JSON.stringify(snapshot.errorCode)}`
      );
  }
}

function jobMembers(snapshot: Snapshot): string {
  const { ref, jobType, status } = snapshot;
  const head = `"job_id":${JSON.stringify(ref.id)},"job_type":${JSON.stringify(jobType)},"progress":`;
  switch (status) {
    case "PENDING":
      return `${head}null${commonMembers(snapshot)}`;
    case "PROCESSING":
      return head + jobProgress(snapshot.progress) + commonMembers(snapshot);
    case "READY":
      throw new TypeError("a job ends DONE, not READY");
    case "DONE":
      return `${head}null,"error_message":null,${resultMembers(ref, snapshot.result)}`;
    case "FAILED":
      return (
        `${head}null,"error_message":${JSON.stringify(snapshot.errorMessage)},` +
        `"error_code":${JSON.stringify(snapshot.errorCode)}`
      );
    case "CANCELLED":
      return `${head}null${commonMembers(snapshot)},${resultMembers(ref, snapshot.result)}`;
  }
}

/** What both kinds carry under the same names. */
function commonMembers(snapshot: Snapshot): string {
  switch (snapshot.status) {
    case "PENDING": {
      if (snapshot.nextTry === null) return "";
      const { retryAt, lastErrorCode, try: next, maxTries } = snapshot.nextTry;
      return `,"retry_at":"${retryAt}","last_error_code":${JSON.stringify(lastErrorCode)},"try":${next},"max_tries":${maxTries}`;
    }
    case "PROCESSING":
      return snapshot.partialResult === undefined
        ? ""
        : `,"partial_result":${encodeJson(snapshot.partialResult)}`;
    case "CANCELLED":
      return `,"error_code":"cancelled"`;
    default:
      return "";
  }
}

function resultMembers(ref: JobRef, result: SnapshotResult | null): string {
  if (result === null) return `"result":null`;
  if (result.kind === "inline") return `"result":${encodeJson(result.value)}`;
  const file = result.kind === "file" ? `"result_file":"${RESULT_FILE}",` : "";
  return `"result":null,"result_bytes":${result.bytes},${file}"result_url":"/api/v1/jobs/${ref.id}/result/"`;
}

function videoProgress({ percent, remainingSeconds, step }: Progress): string {
  const parts = stepParts(step);
  return (
    `"encoding_progress":${percent},"encoding_remaining_seconds":${remainingSeconds},"encoding_step_index":${parts.index},` +
    `"encoding_step_total":${parts.total},"encoding_step_key":${parts.key},"encoding_step_name":${parts.name},` +
    `"encoding_step_percent":${parts.percent}`
  );
}

function jobProgress({ percent, remainingSeconds, step }: Progress): string {
  const parts = stepParts(step);
  return (
    `{"percent":${percent},"remaining_seconds":${remainingSeconds},"step_index":${parts.index},"step_total":${parts.total},` +
    `"step_key":${parts.key},"step_name_display":${parts.name},"step_percent":${parts.percent}}`
  );
}

function stepParts(step: Progress["step"]): Record<"index" | "total" | "key" | "name" | "percent", string> {
  if (step === null) return { index: "null", total: "null", key: "null", name: "null", percent: "null" };
  return {
    index: String(step.index),
    total: String(step.total),
    key: JSON.stringify(step.key),
    name: JSON.stringify(step.name),
    percent: String(step.percent),
  };
}

function hashOf({ percent, remainingSeconds, step }: Progress): ProgressHash {
  return {
    percent: String(percent),
    remaining_seconds: remainingSeconds === null ? null : String(remainingSeconds),
    step_index: step === null ? null : String(step.index),
    step_total: step === null ? null : String(step.total),
    step_key: step?.key ?? null,
    step_name_display: step?.name ?? null,
    step_percent: step === null ? null : String(step.percent),
  };
}

const HEAD = /^\{"attempt":(\d{1,10}),"version":(\d{1,10}),"status":"([A-Z]+)",/;

/** Reads attempt, version and status off a text without parsing it; null when another program wrote it. */
export function parseHead(text: string): SnapshotHead | null {
  const match = HEAD.exec(text);
  if (match === null || !isStatus(match[3])) return null;
  return { attempt: Number(match[1]), version: Number(match[2]), status: match[3] satisfies Status };
}

/** Which write brings a snapshot of this status to the store when its committer does it. */
export function writeKindOf(status: Status): "announce" | "finish" {
  return isTerminal(status) ? "finish" : "announce";
}

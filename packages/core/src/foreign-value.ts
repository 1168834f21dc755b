import { idToJson, type JobRef } from "./job-ref.ts";
import { encodeJson } from "./json.ts";
import type { SnapshotHead } from "./snapshot-order.ts";
import { FINAL_VERSION, isStatus, isTerminal, type Status } from "./terms.ts";

/**
 * Values that other programs write as the design note does: `:status` holds `{"status": …}` without attempt and
 * version, `:progress` the hash. Such a value counts as attempt 0, version 0 (`FINAL_VERSION` when terminal); it has
 * no order, so its ETag is a hash of its bytes and every differing one is news.
 */
export interface ForeignValue {
  readonly head: SnapshotHead;
  /** The progress endpoint's body, made from the value and its hash. */
  readonly text: string;
  /** Changes whenever a byte of the value or its hash does. */
  readonly etag: string;
}

/** Whether the value needs its hash to be understood. */
export function foreignNeedsHash(text: string): boolean {
  return foreignStatus(parseObject(text)) === "PROCESSING";
}

/**
 * Understands a foreign value; null when it is not JSON, carries no status we know, or holds what our JSON cannot say
 * (numbers that a browser would round, nesting without end): to its reader it is not there.
 */
export function readForeignValue(
  ref: JobRef,
  text: string,
  hash: Readonly<Record<string, string>> | null,
): ForeignValue | null {
  const value = parseObject(text);
  const status = foreignStatus(value);
  if (value === null || status === null) return null;
  const head = { attempt: 0, version: isTerminal(status) ? FINAL_VERSION : 0, status };
  const members = ref.kind === "video" ? videoMembers(status, value, hash) : jobMembers(status, value, hash);
  const id = ref.kind === "video" ? { id: idToJson(ref) } : { job_id: ref.id };
  const etag = `"f-${hashBytes(hash === null ? text : text + JSON.stringify(Object.entries(hash).sort(([a], [b]) => (a < b ? -1 : 1))))}"`;
  const body = encodedOrNull({ ...head, ...id, ...members, record: false, updated_at: null });
  return body === null ? null : { head, text: body, etag };
}

function encodedOrNull(value: unknown): string | null {
  try {
    return encodeJson(value);
  } catch {
    return null; // it came from outside: what cannot be said in JSON is nobody's snapshot
  }
}

type Unknowns = Readonly<Record<string, unknown>>;

function parseObject(text: string): Unknowns | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Unknowns) : null;
  } catch {
    return null; // not JSON: nobody's snapshot
  }
}

function foreignStatus(value: Unknowns | null): Status | null {
  return isStatus(value?.["status"]) ? value["status"] : null;
}

function videoMembers(
  status: Status,
  value: Unknowns,
  hash: Readonly<Record<string, string>> | null,
): Unknowns {
  const live = status === "PROCESSING" ? hash : null;
  const progress = {
    encoding_progress: wholeNumber(live?.["percent"]),
    encoding_remaining_seconds: wholeNumber(live?.["remaining_seconds"]),
    encoding_step_index: wholeNumber(live?.["step_index"]),
    encoding_step_total: wholeNumber(live?.["step_total"]),
    encoding_step_key: live?.["step_key"] ?? null,
    encoding_step_name: live?.["step_name_display"] ?? null,
    encoding_step_percent: wholeNumber(live?.["step_percent"]),
  };
  if (status === "CANCELLED") return { ...progress, error_code: "cancelled" };
  if (status !== "READY" && status !== "FAILED") return progress;
  const ended = {
    hls_path: textOrNull(value["hls_path"]),
    duration: wholeNumber(value["duration"]),
  };
  if (status === "READY") return { ...progress, ...ended };
  return {
    ...progress,
    ...ended,
    error_reason: textOrNull(value["error_reason"]),
    error_code: textOrNull(value["error_code"]),
  };
}

function jobMembers(
  status: Status,
  value: Unknowns,
  hash: Readonly<Record<string, string>> | null,
): Unknowns {
  const base = {
    job_type: textOrNull(value["job_type"]),
    progress:
      status === "PROCESSING"
        ? {
            percent: wholeNumber(hash?.["percent"]),
            remaining_seconds: wholeNumber(hash?.["remaining_seconds"]),
            step_index: wholeNumber(hash?.["step_index"]),
            step_total: wholeNumber(hash?.["step_total"]),
            step_key: hash?.["step_key"] ?? null,
            step_name_display: hash?.["step_name_display"] ?? null,
            step_percent: wholeNumber(hash?.["step_percent"]),
          }
        : null,
  };
  switch (status) {
    case "DONE":
      return { ...base, error_message: textOrNull(value["error_message"]), result: value["result"] ?? null };
    case "FAILED":
      return {
        ...base,
        error_message: textOrNull(value["error_message"]),
        error_code: textOrNull(value["error_code"]),
      };
    case "CANCELLED":
      return { ...base, error_code: "cancelled", result: value["result"] ?? null };
    default:
      return base;
  }
}

function wholeNumber(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? Math.max(0, Math.round(number)) : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** 64 bits of FNV-1a in two halves with different offsets: enough to tell two values of one key apart. */
function hashBytes(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit ^ (i & 0xff), 0x01000193);
  }
  return (a >>> 0).toString(16).padStart(8, "0") + (b >>> 0).toString(16).padStart(8, "0");
}

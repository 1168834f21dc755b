import type { JobRef } from "./job-ref.ts";
import { encodeJson } from "./json.ts";
import type { SnapshotHead } from "./snapshot-order.ts";
import { FINAL_VERSION, isStatus, isTerminal, type Status } from "./terms.ts";
import {
  errorMember,
  nameMembers,
  outputMembers,
  progressMembers,
  readErrorMessage,
  readHashParts,
  readOutputParts,
  type ProgressParts,
} from "./wire/first-wire.ts";
import { isMembers, textOrNull, type Members } from "./wire/members.ts";

/**
 * Values that other programs write by themselves: `:status` holds `{"status": …}` without attempt and
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
  const progress = status === "PROCESSING" ? hashParts(hash) : null;
  const etag = `"f-${hashBytes(hash === null ? text : text + JSON.stringify(Object.entries(hash).sort(([a], [b]) => (a < b ? -1 : 1))))}"`;
  const body = encodedOrNull({
    ...head,
    ...nameMembers(ref, textOrNull(value["job_type"]), textOrNull(value["title"])),
    ...progressMembers(ref.kind, progress),
    ...statusMembers(ref, status, value),
    record: false,
    updated_at: null,
  });
  return body === null ? null : { head, text: body, etag };
}

function encodedOrNull(value: unknown): string | null {
  try {
    return encodeJson(value);
  } catch {
    return null; // it came from outside: what cannot be said in JSON is nobody's snapshot
  }
}

function parseObject(text: string): Members | null {
  try {
    const value: unknown = JSON.parse(text);
    return isMembers(value) ? value : null;
  } catch {
    return null; // not JSON: nobody's snapshot
  }
}

function foreignStatus(value: Members | null): Status | null {
  return isStatus(value?.["status"]) ? value["status"] : null;
}

/** What its status brings along, by the words of its kind. */
function statusMembers({ kind }: JobRef, status: Status, value: Members): Members {
  switch (status) {
    case "READY":
      return kind === "video" ? outputMembers(outputOf(value)) : {};
    case "DONE":
      return kind === "video"
        ? {}
        : { ...errorMember(kind, readErrorMessage(kind, value)), ...resultOf(value) };
    case "FAILED":
      return {
        ...(kind === "video" ? outputMembers(outputOf(value)) : {}),
        ...errorMember(kind, readErrorMessage(kind, value)),
        error_code: textOrNull(value["error_code"]),
      };
    case "CANCELLED":
      return { error_code: "cancelled", ...(kind === "video" ? {} : resultOf(value)) };
    default:
      return {};
  }
}

function outputOf(value: Members) {
  const { path, durationSeconds } = readOutputParts(value);
  return { path: textOrNull(path), durationSeconds: wholeNumber(durationSeconds) };
}

const resultOf = (value: Members): Members => ({ result: value["result"] ?? null });

/** A hash holds texts; what is no number counts as unknown. */
function hashParts(hash: Readonly<Record<string, string>> | null): ProgressParts<unknown> {
  const { stepKey = null, stepName = null, ...numbers } = readHashParts(hash);
  const whole = (name: keyof typeof numbers): number | null => wholeNumber(numbers[name]);
  return {
    percent: whole("percent"),
    remainingSeconds: whole("remainingSeconds"),
    stepIndex: whole("stepIndex"),
    stepTotal: whole("stepTotal"),
    stepKey,
    stepName,
    stepPercent: whole("stepPercent"),
  };
}

function wholeNumber(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? Math.max(0, Math.round(number)) : null;
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

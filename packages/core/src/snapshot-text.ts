import type { JobRef } from "./job-ref.ts";
import { RESULT_FILE, type DeclaredFile } from "./job-records-ports.ts";
import { encodeJson, type Json } from "./json.ts";
import type { SnapshotHead } from "./snapshot-order.ts";
import { versionOf, type Snapshot, type SnapshotResult } from "./snapshot.ts";
import { isStatus, isTerminal, type Status } from "./terms.ts";
import {
  failureMembers,
  hashMembers,
  nameMembers,
  outputMembers,
  progressMembers,
  progressParts,
  type ProgressHashField,
} from "./wire/first-wire.ts";
import type { Members } from "./wire/members.ts";
import { resultPath } from "./wire/routes.ts";

/** The progress hash beside the text, for readers in other languages; null means the field is absent. */
export type ProgressHash = Readonly<Record<ProgressHashField, string | null>>;
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
  /** Unix ms of a terminal snapshot's `updated_at`; null while live. */
  readonly endedAtMs: number | null;
}

/**
 * Serialises a snapshot, in the words of its kind.
 * @throws {TypeError} when a result or partial result is not JSON, or the status is not one of the kind's.
 */
export function encodeSnapshot(snapshot: Snapshot): EncodedSnapshot {
  const { ref, attempt, status } = snapshot;
  const version = versionOf(snapshot);
  const progress = status === "PROCESSING" ? progressParts(snapshot.progress) : null;
  // Each group by itself: spread into one object they take ten times as long, and every write of a worker comes by here.
  const text =
    `{"attempt":${attempt},"version":${version},"status":"${status}"` +
    textOf(nameMembers(ref, snapshot.jobType, snapshot.title)) +
    textOf(progressMembers(ref.kind, progress)) +
    textOf(statusMembers(snapshot)) +
    `,"updated_at":${JSON.stringify(snapshot.updatedAt)}}`;
  const result = "result" in snapshot ? snapshot.result : null;
  return {
    ref,
    attempt,
    version,
    status,
    text,
    hash: progress === null ? null : hashMembers(textOfEach(progress)),
    resultText: result?.kind === "large" ? result.text : null,
    endedAtMs: isTerminal(status) ? Date.parse(snapshot.updatedAt) : null,
  };
}

function statusMembers(snapshot: Snapshot): Members {
  const { ref, status } = snapshot;
  switch (status) {
    case "PENDING": {
      if (snapshot.nextTry === null) return {};
      const { retryAt, lastErrorCode, try: next, maxTries } = snapshot.nextTry;
      return { retry_at: retryAt, last_error_code: lastErrorCode, try: next, max_tries: maxTries };
    }
    case "PROCESSING":
      return snapshot.partialResult === undefined ? {} : { partial_result: checked(snapshot.partialResult) };
    case "READY":
      if (ref.kind === "job") throw new TypeError("a job ends DONE, not READY");
      return outputMembers({ path: snapshot.outputPath, durationSeconds: snapshot.durationSeconds });
    case "DONE":
      if (ref.kind === "video") throw new TypeError("a video ends READY, not DONE");
      return {
        ...failureMembers(ref.kind, null),
        ...resultMembers(ref, snapshot.result),
        ...fileMembers(snapshot.files ?? []),
      };
    case "FAILED":
      return { ...failureMembers(ref.kind, snapshot.errorMessage), error_code: snapshot.errorCode };
    case "CANCELLED": {
      const ended = { error_code: "cancelled" };
      return ref.kind === "video" ? ended : { ...ended, ...resultMembers(ref, snapshot.result) };
    }
  }
}

function resultMembers(ref: JobRef, result: SnapshotResult | null): Members {
  if (result === null) return { result: null };
  if (result.kind === "inline") {
    return { result: checked(result.value) };
  }
  const file = result.kind === "file" ? { result_file: RESULT_FILE } : {};
  return { result: null, result_bytes: result.bytes, ...file, result_url: resultPath(ref.id) };
}

/** Most jobs declare no file: their texts are the same as ever. */
function fileMembers(files: readonly DeclaredFile[]): Members {
  return files.length === 0 ? {} : { files: files.map(({ name, bytes }) => ({ name, bytes })) };
}

/** Members as they stand in a text that has others before them. What a job gave has been looked at by `checked`. */
function textOf(members: Members): string {
  const inner = JSON.stringify(members).slice(1, -1);
  return inner === "" ? "" : `,${inner}`;
}

/** @throws {TypeError} unless it is a JSON value. */
function checked(value: Json): Json {
  encodeJson(value);
  return value;
}

function textOfEach<Name extends string>(
  parts: Readonly<Record<Name, string | number | null>>,
): Readonly<Record<Name, string | null>> {
  const texts: Partial<Record<Name, string | null>> = {};
  for (const name in parts) {
    const value = parts[name];
    texts[name] = value === null ? null : String(value);
  }
  return texts as Record<Name, string | null>; // the same names
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

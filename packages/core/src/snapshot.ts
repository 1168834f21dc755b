import type { DeclaredFile } from "./job-records-ports.ts";
import type { JobRef } from "./job-ref.ts";
import type { Json } from "./json.ts";
import { FINAL_VERSION, type Status } from "./terms.ts";

/** A named part of an attempt. */
export interface Step {
  /** From 1. */
  readonly index: number;
  readonly total: number;
  /** The machine's name; a UI translates by it. */
  readonly key: string;
  /** The display name, in Korean: who reads another language translates by the key. */
  readonly name: string;
  /** 0–100 of this step. */
  readonly percent: number;
}

export interface Progress {
  /** 0–100 of the whole attempt, never decreasing within it. */
  readonly percent: number;
  /** Whole seconds, null until it means something. */
  readonly remainingSeconds: number | null;
  readonly step: Step | null;
}

/** Why a PENDING job waits: a failed or lost try with tries left. */
export interface NextTry {
  /** ISO 8601, UTC, milliseconds. */
  readonly retryAt: string;
  readonly lastErrorCode: string;
  /** The try that comes next, from 1. */
  readonly try: number;
  readonly maxTries: number;
}

/** A result as a snapshot carries it: inline, or by size when it has a key or a file of its own. */
export type SnapshotResult =
  | { readonly kind: "inline"; readonly value: Json }
  /** `text` is null when the writer does not have it (relay, detail): the key is then left alone. */
  | { readonly kind: "large"; readonly bytes: number; readonly text: string | null }
  /** `result_file` of the attempt's folder. */
  | { readonly kind: "file"; readonly bytes: number };

interface SnapshotBase {
  readonly ref: JobRef;
  readonly jobType: string;
  /** What people call the job; null without one. Its text has the first 200 characters. */
  readonly title: string | null;
  /** From 1. */
  readonly attempt: number;
  /** ISO 8601, UTC, milliseconds; display only, nothing is ordered by it. */
  readonly updatedAt: string;
}

export interface PendingSnapshot extends SnapshotBase {
  readonly status: "PENDING";
  readonly nextTry: NextTry | null;
}
export interface ProcessingSnapshot extends SnapshotBase {
  readonly status: "PROCESSING";
  /** From 1, assigned by the worker. */
  readonly version: number;
  readonly progress: Progress;
  /** The newest `ctx.partial(value)`, ≤ 4 KiB; undefined when there is none. */
  readonly partialResult?: Json;
}
export interface ReadySnapshot extends SnapshotBase {
  readonly status: "READY";
  /** Where it is inside the outputs: an identifier, not a URL. */
  readonly outputPath: string;
  /** Whole seconds ≥ 0. */
  readonly durationSeconds: number;
}
export interface DoneSnapshot extends SnapshotBase {
  readonly status: "DONE";
  readonly result: SnapshotResult;
  /** What its attempt declared. Default: none. */
  readonly files?: readonly DeclaredFile[];
}
export interface FailedSnapshot extends SnapshotBase {
  readonly status: "FAILED";
  readonly errorCode: string;
  /** The sentence people see. */
  readonly errorMessage: string;
}
export interface CancelledSnapshot extends SnapshotBase {
  readonly status: "CANCELLED";
  /** What was kept; null if the worker was lost or nothing was. */
  readonly result: SnapshotResult | null;
}

/** The whole visible state of a job at one version. */
export type Snapshot =
  PendingSnapshot | ProcessingSnapshot | ReadySnapshot | DoneSnapshot | FailedSnapshot | CancelledSnapshot;

/** The version of the snapshot that a row alone tells. */
export function rowVersion(status: Status): number {
  if (status === "PENDING") return 0;
  return status === "PROCESSING" ? 1 : FINAL_VERSION;
}

/** PENDING is version 0, a terminal snapshot `FINAL_VERSION`, PROCESSING what its worker assigned. */
export function versionOf(snapshot: Snapshot): number {
  return snapshot.status === "PROCESSING" ? snapshot.version : rowVersion(snapshot.status);
}

import { lstat, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { refKey, type JobRef, type ReconcilerRecords } from "@statusplane/core";
import { findCandidates, type Candidate } from "./collector-candidates.ts";
import { removeIfEmpty } from "./folder-files.ts";
import type { FolderPaths } from "./folder-paths.ts";
import { errorCode } from "./system-errors.ts";

/** What no row names is kept this long: its submit may be under way, its COMMIT unknown. */
const UNNAMED_KEPT_MS = 24 * 3_600_000;
/** Refs per statement. */
const PAGE_SIZE = 500;
/** At most two statements a minute: beside the reconciler's 18 that keeps housekeeping at 20. */
const PAUSE_MS = 30_000;

export interface CollectOptions {
  /** Which attempt and status the rows name: one statement per 500 refs. */
  readonly attemptsOf: ReconcilerRecords["attemptsOf"];
  /** How long a finished job's input is kept, seconds; `INPUT_RETENTION_SECONDS`. */
  readonly inputRetentionSeconds: number;
  /** Now, Unix ms. */
  readonly nowMs: number;
  /** Ends the walk after the page under way; nothing is thrown. */
  readonly signal?: AbortSignal;
  /** Wait between two statements, ms; default 30,000. */
  readonly pauseMs?: number;
}

export interface Collected {
  readonly inputs: number;
  readonly outputs: number;
  readonly temporaryFiles: number;
}

export interface Collector {
  /**
   * Removes inputs and outputs that no row names and that are older than 24 h, inputs of jobs that ended longer ago
   * than the retention, and forgotten temporary files. A second call while one is under way gets the first one's answer.
   */
  collect(options: CollectOptions): Promise<Collected>;
}

/** A collector of one folder. Safe to run in several processes at once: a removal of what is gone does nothing. */
export function createCollector(paths: FolderPaths): Collector {
  let underWay: Promise<Collected> | null = null;
  return {
    collect: (options) => (underWay ??= walk(paths, options).finally(() => (underWay = null))),
  };
}

async function walk(paths: FolderPaths, options: CollectOptions): Promise<Collected> {
  const counts = { inputs: 0, outputs: 0, temporaryFiles: 0 };
  const minAgeMs = {
    input: Math.min(UNNAMED_KEPT_MS, options.inputRetentionSeconds * 1_000),
    other: UNNAMED_KEPT_MS,
  };
  let page: Candidate[] = [];
  let pages = 0;
  const settle = async () => {
    if (page.length === 0) return;
    if (pages++ > 0) await pause(options);
    if (options.signal?.aborted === true) return;
    const rows = await options.attemptsOf(uniqueRefs(page));
    for (const candidate of page) {
      if (candidate.ref === null || isNamed(candidate, rows.get(refKey(candidate.ref)), options)) continue;
      if (await remove(candidate)) counts[candidate.what === "input" ? "inputs" : "outputs"]++;
    }
    page = [];
  };
  for await (const candidate of findCandidates(paths)) {
    if (options.signal?.aborted === true) break;
    const ageMs = options.nowMs - candidate.modifiedMs;
    if (ageMs < (candidate.what === "input" ? minAgeMs.input : minAgeMs.other)) continue;
    if (candidate.what === "temporary") {
      if (await remove(candidate)) counts.temporaryFiles++;
    } else if (page.push(candidate) >= PAGE_SIZE) await settle();
  }
  await settle();
  return counts;
}

type Row =
  Awaited<ReturnType<ReconcilerRecords["attemptsOf"]>> extends ReadonlyMap<string, infer R> ? R : never;

/** Whether a row still stands for the candidate, or it is too young to be judged. */
function isNamed(candidate: Candidate, row: Row | undefined, options: CollectOptions): boolean {
  const young = options.nowMs - candidate.modifiedMs < UNNAMED_KEPT_MS;
  if (row === undefined) return young;
  if (candidate.what === "input") {
    if (row.finishedAtMs === null) return true;
    return options.nowMs - row.finishedAtMs < options.inputRetentionSeconds * 1_000;
  }
  // A FAILED or CANCELLED row names no outputs; what its last attempt left, dying before it could remove it, is nobody's.
  const publishes = row.status !== "FAILED" && row.status !== "CANCELLED";
  return young || (row.attempt === candidate.attempt && publishes);
}

async function remove(candidate: Candidate): Promise<boolean> {
  try {
    const before = await lstat(candidate.path);
    if (before.mtimeMs !== candidate.modifiedMs) return false; // touched since it was looked at: it is in use
    await rm(candidate.path, { recursive: true, force: true });
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
  // A tenant's folder of uploads stays: an upload may be about to be renamed into it.
  if (candidate.what === "output") await removeIfEmpty(dirname(candidate.path));
  return true;
}

function uniqueRefs(page: readonly Candidate[]): JobRef[] {
  const byKey = new Map<string, JobRef>();
  for (const { ref } of page) if (ref !== null) byKey.set(refKey(ref), ref);
  return [...byKey.values()];
}

async function pause({ pauseMs = PAUSE_MS, signal }: CollectOptions): Promise<void> {
  try {
    await wait(pauseMs, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (signal?.aborted !== true) throw error; // aborted: the walk ends by itself
  }
}

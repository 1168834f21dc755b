import { plainLine } from "@statusplane/core";
import { watchKey, type WatchedJob } from "@statusplane/client";

const BAR_CELLS = 24;
const MAX_CHARACTERS = 1_000;
/** Characters of two columns: Hangul, Han, kana, full-width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** How a job goes, in one line: what matters most comes first, for a narrow terminal cuts the end. */
export function jobLine(job: WatchedJob): string {
  const key = watchKey(job.ref);
  const line = `${stateOf(job)}  ${job.title === null ? key : `${job.title} (${key})`}`;
  return plainLine(line, MAX_CHARACTERS) ?? key; // other programs' texts may hold what a terminal obeys
}

/** What makes a line worth another one where none is written over: not each second that remains. */
export function milestoneOf({ ref, status, attempt, percent, step, gone, isStalled }: WatchedJob): string {
  return JSON.stringify([watchKey(ref), status, attempt, percent, step?.key, gone, isStalled]);
}

/** A job for a program that reads, without a line end. */
export function jobJson(job: WatchedJob): string {
  const { ref, title, status, percent, remainingSeconds, step, attempt, version, updatedAt, gone } = job;
  return JSON.stringify({
    ...{ job: watchKey(ref), title, status, percent },
    remaining_seconds: remainingSeconds ?? null,
    step: step ?? null,
    ...{ attempt, version, updated_at: updatedAt, gone },
    error_code: job.errorCode,
    error_message: job.errorMessage,
    result: job.result ?? null,
  });
}

/** A line that fits into so many columns. */
export function fitted(line: string, columns: number): string {
  let width = 0;
  let kept = "";
  for (const character of line) {
    width += WIDE.test(character) ? 2 : 1;
    if (width > columns) return kept;
    kept += character;
  }
  return kept;
}

function stateOf(job: WatchedJob): string {
  if (job.gone) return "is not known";
  switch (job.status) {
    case "PENDING":
      return waiting(job);
    case "PROCESSING":
      return running(job);
    case "READY":
    case "DONE":
      return `${bar(100)} done`;
    case "FAILED":
      return `failed: ${job.errorMessage ?? ""}${job.errorCode === null ? "" : ` (${job.errorCode})`}`;
    case "CANCELLED":
      return "cancelled";
    case "UNKNOWN":
      return job.unknownStatus ?? "…";
  }
}

function waiting({ nextTry }: WatchedJob): string {
  return nextTry === undefined
    ? "waits"
    : `waits for try ${nextTry.try} of ${nextTry.maxTries} (${nextTry.lastErrorCode})`;
}

function running({ percent, step, remainingSeconds, isStalled }: WatchedJob): string {
  const parts = [bar(percent ?? 0), `${String(percent ?? 0).padStart(3)} %`];
  if (step !== undefined) parts.push(`${step.index}/${step.total} ${step.name}`);
  if (remainingSeconds !== undefined) parts.push(`${remainingSeconds} s left`);
  if (isStalled) parts.push("no sign of life");
  return parts.join("  ");
}

function bar(percent: number): string {
  const full = Math.round((percent / 100) * BAR_CELLS);
  return "█".repeat(full) + "░".repeat(BAR_CELLS - full);
}

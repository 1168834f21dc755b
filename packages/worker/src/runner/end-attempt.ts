import {
  applyRecord,
  crashPoint,
  encodeSnapshot,
  faultFields,
  isTerminal,
  settlesWithin,
  successStatus,
  type DeclaredFile,
  type FailedTry,
  type JobEnd,
  type JobRecord,
} from "@statusplane/core";
import { assertResultFits } from "@statusplane/core/wire";
import { attemptFields, debugAttempt } from "../attempt-lines.ts";
import { tryBackoffMs } from "../backoff.ts";
import { logFailedTry } from "../log-failed-try.ts";
import { commitUntilKnown } from "./commit.ts";
import { failedTryOf } from "./failed-try.ts";
import { prepareResult, snapshotWithResult, type PreparedResult } from "./job-result.ts";
import type { RunningJob } from "./running-job.ts";
import type { WorkerParts } from "./worker-parts.ts";

/** How the job's code ended. */
export type HandlerOutcome =
  | { readonly outcome: "returned"; readonly value: unknown }
  | { readonly outcome: "threw"; readonly error: unknown }
  /** It did not react to the shutdown in time and dies with the process. */
  | { readonly outcome: "left-behind" };

/**
 * Ends an attempt whose code has ended, by one statement and, after COMMIT only, by telling status store and queue:
 *
 * ```
 * lost (fenced, lease_lost) → nothing is written anywhere
 * shutting_down             → handed back: PENDING of the next attempt, the try given back
 * cancelled                 → CANCELLED with what was kept
 * threw                     → failed try: PENDING of the next attempt, or FAILED
 * returned                  → READY | DONE
 * ```
 * The row may say CANCELLED instead of any of these. Outputs stay only behind READY and DONE.
 */
export async function endAttempt(
  job: RunningJob,
  handler: HandlerOutcome,
  parts: WorkerParts,
): Promise<void> {
  switch (job.abortReason) {
    case "fenced":
    case "lease_lost":
      parts.counts.lost += 1;
      return removeOutputs(job, parts);
    case "shutting_down":
      return handBack(job, parts);
    case "cancelled":
      return finishCancelled(job, parts);
    case null:
      if (handler.outcome === "returned") return finishReturned(job, handler.value, parts);
      return failTry(job, handler.outcome === "threw" ? handler.error : undefined, parts);
  }
}

async function finishReturned(job: RunningJob, value: unknown, parts: WorkerParts): Promise<void> {
  let result: PreparedResult;
  let files: readonly DeclaredFile[];
  try {
    assertResultFits(job.ref.kind, value);
    result = await prepareResult({ record: job.record, value, parts });
    files = await writtenFiles(job, parts);
  } catch (error) {
    return failTry(job, error, parts); // not JSON, too large, or no room for its file: the try ends as failed
  }
  const end = { ...job.report(), status: successStatus(job.ref.kind), result: result.toStore, files };
  await finish(job, { end, resultKeyText: result.keyText }, parts);
}

/** Of the declared files those that are there. */
async function writtenFiles(job: RunningJob, { files }: WorkerParts): Promise<readonly DeclaredFile[]> {
  const written: DeclaredFile[] = [];
  for (const name of job.declared) {
    const bytes = await files.outputBytes(job.ref, job.attempt, name);
    if (bytes !== null) written.push({ name, bytes });
  }
  return written;
}

async function finishCancelled(job: RunningJob, parts: WorkerParts): Promise<void> {
  const kept = job.kept === null || job.ref.kind === "video" ? null : await prepareKept(job, parts); // a video keeps nothing: its outputs are removed
  const end = { ...job.report(), status: "CANCELLED" as const, result: kept?.toStore ?? null };
  await finish(job, { end, resultKeyText: kept?.keyText ?? null }, parts);
}

/** What is kept goes into the row, never into a file: the attempt's folder is removed. */
async function prepareKept(job: RunningJob, parts: WorkerParts): Promise<PreparedResult | null> {
  const prepared = await prepareResult({
    record: job.record,
    value: job.kept,
    parts: { ...parts, resultMaxBytes: Number.POSITIVE_INFINITY },
  });
  if (prepared.toStore.bytes <= parts.resultMaxBytes) return prepared;
  parts.log.warn(
    { ...attemptFields(job.record), bytes: prepared.toStore.bytes },
    "result kept by a cancelled job dropped: too large",
  );
  return null;
}

async function failTry(job: RunningJob, error: unknown, parts: WorkerParts): Promise<void> {
  const backoffMs = tryBackoffMs(job.record.tries, parts.timings.retryBackoffMs, parts.random());
  const failure: FailedTry = { ...failedTryOf(error, backoffMs), ...job.report() };
  parts.counts.failedTries += 1;
  crashPoint("failed-try.before-commit");
  const record = await commitUntilKnown(
    job.record,
    () => parts.records.failTry(job.ref, job.attempt, failure),
    parts,
  );
  const fault = faultFields(error);
  logFailedTry(parts.log, { record, claimed: job.record, code: failure.errorCode, fault });
  if (record === null) return lose(job, parts);
  crashPoint("failed-try.after-commit");
  await tell(job, { record, resultKeyText: null }, parts);
  crashPoint("failed-try.after-write");
  await removeUnlessShown(job, record, parts);
}

/** Gives the job back: PENDING of the next attempt, unless a cancel was asked for. */
export async function handBack(job: RunningJob, parts: WorkerParts): Promise<void> {
  const report = job.report();
  crashPoint("hand-back.before-commit");
  const record = await commitUntilKnown(
    job.record,
    () => parts.records.handBack(job.ref, job.attempt, report),
    parts,
  );
  if (record === null) return lose(job, parts);
  crashPoint("hand-back.after-commit");
  parts.counts.handedBack += 1;
  debugAttempt(parts.log, job.record, `handed back; ${rowWords(record)}`);
  await tell(job, { record, resultKeyText: null }, parts);
  crashPoint("hand-back.after-write");
  await removeUnlessShown(job, record, parts);
}

function rowWords({ status, attempt }: JobRecord): string {
  return `its record is ${status}, attempt ${attempt}`;
}

interface Finish {
  readonly end: JobEnd;
  readonly resultKeyText: string | null;
}

async function finish(job: RunningJob, { end, resultKeyText }: Finish, parts: WorkerParts): Promise<void> {
  crashPoint("finish.before-commit");
  const record = await commitUntilKnown(
    job.record,
    () => parts.records.finish(job.ref, job.attempt, end),
    parts,
  );
  if (record === null) return lose(job, parts);
  crashPoint("finish.after-commit");
  debugAttempt(parts.log, job.record, `ended; ${rowWords(record)}`);
  await tell(job, { record, resultKeyText }, parts);
  crashPoint("finish.after-write");
  await removeUnlessShown(job, record, parts);
}

/** No row says that this worker ended the attempt. */
async function lose(job: RunningJob, parts: WorkerParts): Promise<void> {
  job.reporter.stop();
  parts.counts.lost += 1;
  debugAttempt(parts.log, job.record, "is this worker's no more; nothing is written");
  // the worker's time was over before an answer came: the COMMIT may have happened, so its outputs must stay
  if (!parts.ended.aborted) await removeOutputs(job, parts);
}

interface Committed {
  readonly record: JobRecord;
  readonly resultKeyText: string | null;
}

async function tell(
  job: RunningJob,
  { record, resultKeyText }: Committed,
  parts: WorkerParts,
): Promise<void> {
  job.reporter.stop();
  return applyCommitted({ record, resultKeyText }, parts);
}

/** Tells store and queue what was committed; never rejects. */
export function applyCommitted({ record, resultKeyText }: Committed, parts: WorkerParts): Promise<void> {
  if (!isTerminal(record.status)) return applyOutside(record, parts);
  parts.counts.ended[record.status] = (parts.counts.ended[record.status] ?? 0) + 1;
  return writeTerminal(record, resultKeyText, parts);
}

async function removeUnlessShown(job: RunningJob, { status }: JobRecord, parts: WorkerParts): Promise<void> {
  if (status !== "READY" && status !== "DONE") await removeOutputs(job, parts);
}

/** ≤ `completionDeadlineMs`; kept and repeated in the background if the store is away. */
function writeTerminal(record: JobRecord, resultKeyText: string | null, parts: WorkerParts): Promise<void> {
  return parts.terminalWriter.write(encodeSnapshot(snapshotWithResult(record, resultKeyText)));
}

/** Announces and enqueues the next attempt; what fails is the relay's, which is told. */
async function applyOutside(record: JobRecord, parts: WorkerParts): Promise<void> {
  const { writer, queue, clock, timings, counts, installation, log } = parts;
  const applied = applyRecord(record, { writer, queue }).then(
    (answer) => {
      if (answer !== null) counts.writes[answer] += 1;
      debugAttempt(log, record, `announced: ${answer}, and enqueued`);
    },
    (error: unknown) => {
      counts.writesFailed += 1;
      log.warn(faultFields(error), "next attempt not announced or enqueued; the relay will retry");
      return installation.wake().catch(() => undefined); // only hastens the relay, which comes anyway
    },
  );
  await settlesWithin(clock, timings.completionDeadlineMs, applied);
}

/** Nobody else uses this attempt's folder, and no row will name it: it can always go. */
async function removeOutputs(job: RunningJob, { files, log }: WorkerParts): Promise<void> {
  crashPoint("outputs.before-remove");
  try {
    await files.removeOutputs(job.ref, job.attempt);
    crashPoint("outputs.after-remove");
  } catch (error) {
    log.warn(
      { ...attemptFields(job.record), ...faultFields(error) },
      "outputs of the attempt not removed; the collector will retry",
    );
  }
}

import type { ReconcilerRecords, ViewFlushRecords } from "@statusplane/core";
import { setTimeout as wait } from "node:timers/promises";
import type { Collector } from "../files/index.ts";

/** An Idempotency-Key counts for a day. */
const KEYS_KEPT_MS = 24 * 3_600_000;
const DAY_MS = 86_400_000;
/** Rows removed by one statement. */
const REMOVED_AT_ONCE = 500;
/** At most two statements a minute: beside the reconciler's 18 that keeps housekeeping at 20. */
const PAUSE_MS = 30_000;

export interface CleanUpOptions {
  readonly records: Pick<ReconcilerRecords, "attemptsOf" | "forgetIdempotencyKeys" | "removeEnded">;
  readonly collector: Collector;
  readonly views: Pick<ViewFlushRecords, "removeOld">;
  /** How long views are kept, days. */
  readonly viewRetentionDays: number;
  /** How long a finished job's input is kept, seconds. */
  readonly inputRetentionSeconds: number;
  /** How long a finished job is kept, days; null: for ever. */
  readonly recordRetentionDays: number | null;
  /** What the application removes of its own, a statement at a time: whether there may be more. Default: nothing. */
  readonly own?: () => Promise<boolean>;
  /** Ends it after the statement under way; nothing is thrown. */
  readonly signal: AbortSignal;
  /** Between two statements, ms; default 30,000. */
  readonly pauseMs?: number;
}

/** What the leading reconciler has done once an hour: files that no row names, keys of yesterday, jobs of long ago. */
export async function cleanUp(options: CleanUpOptions): Promise<void> {
  const { records, collector, inputRetentionSeconds, recordRetentionDays, own, signal } = options;
  const { pauseMs = PAUSE_MS } = options;
  const goOn = async (): Promise<boolean> => {
    await wait(pauseMs, undefined, { ref: false, signal }).catch(() => undefined); // aborted: the wait is over
    return !signal.aborted;
  };
  const attemptsOf: ReconcilerRecords["attemptsOf"] = (refs) => records.attemptsOf(refs);
  await collector.collect({ attemptsOf, inputRetentionSeconds, nowMs: Date.now(), signal, pauseMs });
  if (!(await goOn())) return;
  await records.forgetIdempotencyKeys(KEYS_KEPT_MS);
  let old = REMOVED_AT_ONCE;
  while (old >= REMOVED_AT_ONCE && (await goOn())) {
    old = await options.views.removeOld(options.viewRetentionDays, REMOVED_AT_ONCE);
  }
  let hasMore = own !== undefined;
  while (hasMore && (await goOn())) hasMore = (await own?.()) ?? false;
  if (recordRetentionDays === null) return;
  let removed = REMOVED_AT_ONCE;
  while (removed >= REMOVED_AT_ONCE && (await goOn())) {
    removed = await records.removeEnded(recordRetentionDays * DAY_MS, REMOVED_AT_ONCE);
  }
}

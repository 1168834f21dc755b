import {
  faultFields,
  crashPoint,
  type JobFiles,
  type ReconcilerRecords,
  type Swept,
} from "@statusplane/core";
import { logFailedTry } from "../log-failed-try.ts";
import type { Log } from "../log.ts";
import { forEachOf } from "./for-each-of.ts";

/** Leases ended by one statement. */
const SWEEP_LIMIT = 200;
const FOLDERS_AT_ONCE = 8;

export interface SweeperOptions {
  readonly records: Pick<ReconcilerRecords, "sweep">;
  readonly files: Pick<JobFiles, "removeOutputs">;
  readonly onSwept: (swept: readonly Swept[]) => void;
  readonly log: Log;
}

/**
 * Ends leases that are over: PENDING of the next attempt, FAILED, or CANCELLED. Their outbox entries are due at once;
 * whoever sweeps relays next. The ended attempts' folders go. @returns how many leases were ended.
 */
export async function sweepLeases({ records, files, onSwept, log }: SweeperOptions): Promise<number> {
  let count = 0;
  let swept: readonly Swept[];
  do {
    crashPoint("sweep.before-commit");
    swept = await records.sweep(SWEEP_LIMIT);
    count += swept.length;
    if (swept.length === 0) break;
    crashPoint("sweep.after-commit");
    onSwept(swept);
    for (const { record, endedAttempt } of swept) {
      const code = record.status === "FAILED" ? (record.errorCode ?? "worker_lost") : "worker_lost";
      logFailedTry(log, { record, claimed: { ...record, attempt: endedAttempt }, code, fault: null });
    }
    await forEachOf(swept, FOLDERS_AT_ONCE, async ({ record, endedAttempt }) => {
      crashPoint("sweep.before-remove");
      try {
        await files.removeOutputs(record.ref, endedAttempt);
        crashPoint("sweep.after-remove");
      } catch (error) {
        log.warn(
          { ...faultFields(error), attempt: endedAttempt },
          "outputs of a swept attempt not removed; the collector will retry",
        );
      }
    });
  } while (swept.length >= SWEEP_LIMIT);
  return count;
}

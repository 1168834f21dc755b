import { crashPoint, hasCode, isTerminal, pause, type JobRecord } from "@statusplane/core";
import { storeBackoffMs } from "../backoff.ts";
import type { WorkerParts } from "./worker-parts.ts";

type CommitParts = Pick<WorkerParts, "records" | "clock" | "random" | "counts" | "ended">;

/**
 * Carries one fenced statement (finish, failed try, hand-back) to an answer, however long Postgres is away or full.
 * A statement without an answer may have been committed, so the row is read before anything is believed:
 *
 * ```
 * attempt mine, PROCESSING → not committed: once more
 * attempt mine, terminal   → committed (by us, or by the sweeper: the row is the truth either way)
 * anything else            → lost, or already moved on: its own outbox entry tells the rest
 * ```
 * @returns the committed row; null: you lost, or the worker's time is over, so write nothing anywhere.
 * @throws what the statement throws for other reasons than a database that does not answer or has no room.
 */
export async function commitUntilKnown(
  mine: JobRecord,
  statement: () => Promise<JobRecord | null>,
  parts: CommitParts,
): Promise<JobRecord | null> {
  const { records, clock, random, counts, ended } = parts;
  let unknown = false;
  for (let failures = 0; !ended.aborted;) {
    try {
      if (unknown) {
        crashPoint("unknown-commit.before-look");
        const row = await records.find(mine.ref);
        crashPoint("unknown-commit.after-look");
        if (row === null || row.attempt !== mine.attempt) return null;
        if (isTerminal(row.status)) return row;
        if (row.status !== "PROCESSING") return null;
      }
      const committed = await statement();
      // after an unknown COMMIT "no row" may mean that the first statement was carried out late: look again
      if (committed !== null || !unknown) return committed;
      failures += 1;
    } catch (error) {
      // a full disk said no: nothing was committed
      if (!hasCode(error, "storage_full")) {
        if (!hasCode(error, "database_unavailable")) throw error;
        if (!unknown) counts.unknownCommits += 1;
        unknown = true;
      }
      failures += 1;
    }
    await pause(clock, storeBackoffMs(failures, random()), ended);
  }
  return null;
}

import {
  applyRecord,
  crashPoint,
  type JobQueue,
  type JobRecord,
  type JobRef,
  type ReconcilerRecords,
  type StatusWriter,
} from "@statusplane/core";
import { forEachOf } from "./for-each-of.ts";

const PAGE_ROWS = 1_000;
const APPLIED_AT_ONCE = 32;

export interface WaitingRowsOptions {
  readonly records: Pick<ReconcilerRecords, "pageWaiting">;
  readonly writer: StatusWriter;
  readonly queue: Pick<JobQueue, "enqueue">;
  readonly ended: AbortSignal;
}

/**
 * Announces and enqueues every PENDING row, without outbox entries: a wait beyond the sliding TTL stays visible, and a
 * delivery that the queue lost is found.
 * @throws {store_unavailable | queue_unavailable | database_unavailable}: the next round begins anew.
 */
export async function renewWaitingRows({
  records,
  writer,
  queue,
  ended,
}: WaitingRowsOptions): Promise<number> {
  let after: JobRef | null = null;
  let count = 0;
  while (!ended.aborted) {
    crashPoint("waiting.before-page");
    const page: readonly JobRecord[] = await records.pageWaiting(after, PAGE_ROWS);
    crashPoint("waiting.after-page");
    await forEachOf(
      page,
      APPLIED_AT_ONCE,
      async (record) => void (await applyRecord(record, { writer, queue })),
    );
    crashPoint("waiting.after-apply");
    count += page.length;
    after = page.at(-1)?.ref ?? null;
    if (after === null || page.length < PAGE_ROWS) break;
  }
  return count;
}

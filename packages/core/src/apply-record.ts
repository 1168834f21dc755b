import { crashPoint } from "./crash-point.ts";
import type { JobRecord } from "./job-records-ports.ts";
import type { RemovedFiles } from "./job-files-port.ts";
import type { JobRef } from "./job-ref.ts";
import type { JobQueue } from "./queue-port.ts";
import { snapshotOfRecord } from "./record-snapshot.ts";
import { encodeSnapshot, writeKindOf } from "./snapshot-text.ts";
import type { StatusWriter } from "./status-store-ports.ts";
import type { WriteAnswer } from "./transitions.ts";

export interface RecordTargets {
  readonly writer: StatusWriter;
  readonly queue: Pick<JobQueue, "enqueue">;
}

/**
 * Makes status store and queue say what the committed row says: terminal → finish write; PENDING → announce and
 * enqueue (delayed until `run_at`); PROCESSING → nothing, its worker tells. Used by whoever committed the row and by
 * the relay: both can be repeated without harm.
 * @throws {store_unavailable | queue_unavailable} after both were tried: the outbox entry makes up for it.
 */
export async function applyRecord(
  record: JobRecord,
  { writer, queue }: RecordTargets,
): Promise<WriteAnswer | null> {
  if (record.status === "PROCESSING") return null;
  const write = writer.write(writeKindOf(record.status), encodeSnapshot(snapshotOfRecord(record)));
  if (record.status !== "PENDING") return (await write).answer;
  const { ref, attempt, jobType } = record;
  const [written, enqueued] = await Promise.allSettled([
    write.finally(() => crashPoint("apply.after-announce")),
    queue.enqueue({ ref, attempt, jobType }, record.runInMs).finally(() => crashPoint("apply.after-enqueue")),
  ]);
  if (written.status === "rejected") throw written.reason;
  if (enqueued.status === "rejected") throw enqueued.reason;
  return written.value.answer;
}

export interface OutsideOfRemoved {
  readonly writer: Pick<StatusWriter, "remove">;
  readonly files: RemovedFiles;
}

/**
 * Makes status store and files say that the row is gone. Used by whoever committed that and by the relay, like
 * {@link applyRecord}.
 * @throws {store_unavailable} or the file system's error, after both were tried.
 */
export async function applyRemoval(ref: JobRef, { writer, files }: OutsideOfRemoved): Promise<void> {
  const done = await Promise.allSettled([writer.remove(ref), files.removeJob(ref)]);
  for (const one of done) if (one.status === "rejected") throw one.reason;
}

/** A process with a worker whose event loop stands still now and then, for longer than BullMQ's lock. */
import { openServerDatabase } from "@statusplane/postgres";
import { openRedisStatusStore } from "@statusplane/redis";
import { createBullmqQueue } from "@statusplane/redis/bullmq";
import { createWorker, silentLog } from "@statusplane/worker";
import { seededRandom, type Random } from "../random.ts";
import { deliveredJob, DELIVERED_JOB_TYPE, type Run } from "./delivered-job.ts";
import { BLOCK_EVERY_MS, BLOCK_MS, DELIVERY_TIMINGS, INLINE_MAX_BYTES, LOCK_MS } from "./delivery-timings.ts";
import { DisturbedQueue } from "./disturbed-queue.ts";
import { NO_FILES } from "./no-files.ts";

/** What the process is given. */
export interface BlockedWorkerOrder {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly seed: string;
}

/** What the process tells, even just before it stands still. */
export type BlockedWorkerWord =
  | { readonly word: "ready" }
  | { readonly word: "blocked" }
  | { readonly word: "queue error" }
  | { readonly word: "began"; readonly run: Run }
  | { readonly word: "ended"; readonly run: Run }
  | { readonly word: "delivered"; readonly attemptKey: string; readonly isDuplicate: boolean };

const CONCURRENCY = 8;

async function work({ databaseUrl, redisUrl, seed }: BlockedWorkerOrder): Promise<void> {
  const say = (word: BlockedWorkerWord): void => void process.send?.(word);
  const { committerGraceMs } = DELIVERY_TIMINGS;
  const database = await openServerDatabase({
    url: databaseUrl,
    poolMax: 4,
    backgroundPoolMax: 4,
    resultInlineMaxBytes: INLINE_MAX_BYTES,
    committerGraceMs,
  });
  const store = await openRedisStatusStore({ url: redisUrl, timings: DELIVERY_TIMINGS });
  // BullMQ says so when a delivery that it gave away meanwhile cannot be acknowledged here any more
  const inner = await createBullmqQueue({
    url: redisUrl,
    lockMs: LOCK_MS,
    deadlineMs: DELIVERY_TIMINGS.requestDeadlineMs,
    onError: () => say({ word: "queue error" }),
  });
  const random = seededRandom(seed);
  const queue = new DisturbedQueue({
    inner,
    random,
    onDelivery: (attemptKey, isDuplicate) => say({ word: "delivered", attemptKey, isDuplicate }),
  });
  const worker = createWorker({
    records: database.worker,
    writer: store.writer,
    installation: store.installation,
    queue,
    files: NO_FILES,
    timings: DELIVERY_TIMINGS,
    jobs: [
      deliveredJob({
        where: "blocked",
        onRun: (run) => say({ word: "began", run }),
        onEnd: (run) => say({ word: "ended", run }),
        disturb: blocker(random.fork("blocks"), () => say({ word: "blocked" })),
      }),
    ],
    concurrency: { [DELIVERED_JOB_TYPE]: CONCURRENCY },
    resultInlineMaxBytes: INLINE_MAX_BYTES,
    log: silentLog, // tries fail on purpose
  });
  process.once("message", () => {
    void (async () => {
      await worker.stop();
      await queue.close();
      await store.close();
      await database.close();
      process.disconnect();
    })();
  });
  await worker.start();
  say({ word: "ready" });
}

/** Stops the event loop, and with it the renewal of all locks that this process holds. */
function blocker(random: Random, onBlock: () => void): () => void {
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let nextAtMs = performance.now() + BLOCK_EVERY_MS;
  return () => {
    if (performance.now() < nextAtMs) return;
    onBlock();
    Atomics.wait(never, 0, 0, random.between(BLOCK_MS.from, BLOCK_MS.to));
    nextAtMs = performance.now() + BLOCK_EVERY_MS;
  };
}

process.once("message", (order: BlockedWorkerOrder) => {
  work(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});

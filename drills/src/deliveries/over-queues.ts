import { createMemoryQueue, openMemoryStatusStore } from "@statusplane/memory";
import { openRedisStatusStore } from "@statusplane/redis";
import { startRedis, type PostgresServer } from "@statusplane/test-support";
import { createBullmqQueue } from "@statusplane/redis/bullmq";
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Random } from "../random.ts";
import type { BlockedWorkerOrder, BlockedWorkerWord } from "./blocked-worker.ts";
import { DELIVERY_TIMINGS, LOCK_MS } from "./delivery-timings.ts";
import { openInstallation, type DeliveryLog, type Installation } from "./installation.ts";
import { Witness, witnessed, witnessRedis } from "./witness.ts";

/** What is done with an installation once it runs. */
export type Work<Seen> = (installation: Installation) => Promise<Seen>;

/** Everything in one process but Postgres: the memory queue under the disturbance. */
export async function overMemoryQueue<Seen>(
  postgres: PostgresServer,
  random: Random,
  work: Work<Seen>,
): Promise<Seen> {
  const witness = new Witness();
  await using store = openMemoryStatusStore({ timings: DELIVERY_TIMINGS });
  await using queue = createMemoryQueue();
  const writer = witnessed(store.writer, witness);
  await using installation = await openInstallation({
    name: "memory",
    postgres,
    store,
    writer,
    queue,
    witness,
    sole: true,
    random,
  });
  return await work(installation); // what it uses lives as long as this block
}

export interface BullmqSeen<Seen> {
  readonly seen: Seen;
  /** How often that process's event loop stood still. */
  readonly blocks: number;
  /** What BullMQ had to say of locks that were lost. */
  readonly queueErrors: number;
}

/** BullMQ under the disturbance, and a second worker in a process whose event loop stands still now and then. */
export async function overBullmq<Seen>(
  postgres: PostgresServer,
  random: Random,
  work: Work<Seen>,
): Promise<BullmqSeen<Seen>> {
  const redis = await startRedis(["--maxmemory-policy", "noeviction"]);
  const counts = { blocks: 0, queueErrors: 0 };
  try {
    const { url } = redis;
    const witness = new Witness();
    await using _hearing = await witnessRedis(url, witness);
    await using store = await openRedisStatusStore({ url, timings: DELIVERY_TIMINGS });
    await using queue = await createBullmqQueue({
      url,
      lockMs: LOCK_MS,
      deadlineMs: DELIVERY_TIMINGS.requestDeadlineMs,
      onError: () => void (counts.queueErrors += 1),
    });
    await using installation = await openInstallation({
      name: "bullmq",
      postgres,
      store,
      writer: store.writer,
      queue,
      witness,
      sole: false,
      random,
    });
    const { databaseUrl, log } = installation;
    await using _blocked = await startBlockedWorker(
      { databaseUrl, redisUrl: url, seed: String(random.next()) },
      { log, counts },
    );
    return { seen: await work(installation), ...counts };
  } finally {
    await redis.stop();
  }
}

interface Told {
  readonly log: DeliveryLog;
  readonly counts: { blocks: number; queueErrors: number };
}

/** Starts that process, by the same flags as this one. */
async function startBlockedWorker(
  order: BlockedWorkerOrder,
  { log, counts }: Told,
): Promise<AsyncDisposable> {
  const file = fileURLToPath(new URL("./blocked-worker.ts", import.meta.url));
  const child = fork(file, [], { execArgv: process.execArgv, stdio: "inherit" });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    void gone.then(() => reject(new Error("the worker that stands still has ended")));
    child.on("message", (said: BlockedWorkerWord) => {
      if (said.word === "ready") resolve();
      else if (said.word === "blocked") counts.blocks += 1;
      else if (said.word === "queue error") counts.queueErrors += 1;
      else if (said.word === "began") log.began(said.run);
      else if (said.word === "ended") log.ended(said.run);
      else log.onDelivery(said.attemptKey, said.isDuplicate);
    });
    child.send(order);
  });
  return {
    async [Symbol.asyncDispose]() {
      if (child.connected) child.send("stop");
      await gone;
    },
  };
}

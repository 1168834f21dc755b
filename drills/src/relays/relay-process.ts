import type { JobQueue, StatusStore } from "@statusplane/core";
import { openServerDatabase, type Database } from "@statusplane/postgres";
import { openRedisStatusStore } from "@statusplane/redis";
import { createBullmqQueue } from "@statusplane/redis/bullmq";
import { createReconciler, silentLog, type ReconcilerHandle } from "@statusplane/worker";
import { NO_FILES } from "../deliveries/no-files.ts";
import { Life, livingBy, type LifeFault } from "./life.ts";
import { RELAY_TIMINGS } from "./relay-timings.ts";

/** Where the three services are. */
export interface Addresses {
  readonly databaseUrl: string;
  readonly statusUrl: string;
  readonly queueUrl: string;
}

/** One process's own connections to all three. */
export interface Connections extends AsyncDisposable {
  readonly database: Database;
  readonly store: StatusStore;
  readonly queue: JobQueue;
}

const PATIENCE = { requestTimeoutMs: 30_000, backgroundTimeoutMs: 30_000, connectTimeoutMs: 30_000 };

export async function connect(
  { databaseUrl, statusUrl, queueUrl }: Addresses,
  poolMax: number,
): Promise<Connections> {
  const { committerGraceMs, requestDeadlineMs } = RELAY_TIMINGS;
  const database = await openServerDatabase({ url: databaseUrl, poolMax, committerGraceMs, ...PATIENCE });
  const store = await openRedisStatusStore({ url: statusUrl, timings: RELAY_TIMINGS });
  const queue = await createBullmqQueue({ url: queueUrl, deadlineMs: requestDeadlineMs });
  return {
    database,
    store,
    queue,
    async [Symbol.asyncDispose]() {
      await queue.close();
      await store.close();
      await database.close();
    },
  };
}

/** A reconciler over connections of its own, which it does not close. It can be stopped, and can die, at each of its awaits. */
export class RelayProcess implements AsyncDisposable {
  readonly #name: string;
  readonly #connections: Connections;
  #starts = 0;
  #life = new Life();
  #reconciler: ReconcilerHandle;

  constructor(name: string, connections: Connections) {
    this.#name = name;
    this.#connections = connections;
    this.#reconciler = this.#make();
  }

  /** As the lease row names it. */
  get owner(): string {
    return `${this.#name}-${this.#starts}`;
  }

  /** Where the armed fault has struck; null: not yet. */
  get hit(): string | null {
    return this.#life.hit;
  }

  start(): Promise<void> {
    return this.#reconciler.start();
  }

  arm(fault: LifeFault): void {
    this.#life.arm(fault);
  }

  /** Whoever was stopped goes on where it was; for the dead one a new process starts. */
  async heal(): Promise<void> {
    this.#life.disarm();
    this.#life.resume();
    if (!this.#life.isDead) return;
    await this.#reconciler.stop(); // only its timers still live
    this.#life = new Life();
    this.#reconciler = this.#make();
    await this.#reconciler.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.disarm();
    this.#life.resume();
    await this.#reconciler.stop();
  }

  #make(): ReconcilerHandle {
    this.#starts += 1;
    const { database, store, queue } = this.#connections;
    const life = this.#life;
    const living = livingBy(life, "queue", queue);
    return createReconciler({
      owner: this.owner,
      records: livingBy(life, "records", database.reconciler),
      writer: livingBy(life, "writer", store.writer),
      installation: livingBy(life, "installation", store.installation),
      queue:
        queue.sentinel === undefined
          ? living
          : { ...portOf(living), sentinel: livingBy(life, "queue", queue.sentinel) },
      files: NO_FILES,
      timings: RELAY_TIMINGS,
      log: silentLog, // stores fail on purpose
    });
  }
}

/** A class's methods as a plain object's. */
function portOf(queue: JobQueue): JobQueue {
  return {
    enqueue: (delivery, delayMs) => queue.enqueue(delivery, delayMs),
    consume: (options) => queue.consume(options),
    depth: (jobTypes) => queue.depth(jobTypes),
    close: () => queue.close(),
    [Symbol.asyncDispose]: () => queue.close(),
  };
}

import {
  deliveryId,
  OWN_KEYS,
  parseRedisUrl,
  settlesWithin,
  StatusplaneError,
  systemClock,
  type ConsumeOptions,
  type Delivery,
  type JobQueue,
  type QueueConsumer,
  type SentinelKeeper,
} from "@statusplane/core";
import type { Job, Queue } from "bullmq";
import { BullmqConsumer, type DeliveryData } from "./bullmq-consumer.ts";
import { loadBullmq, loadIoredis, type Bullmq, type Ioredis } from "../connections/load-driver.ts";
import { closeClient, RedisConnector } from "../connections/redis-connector.ts";
import {
  consumerConnections,
  requestConnection,
  type QueueConnectionOptions,
  type QueueConnection,
} from "./queue-connections.ts";
import { queueSentinel } from "./queue-sentinel.ts";

const DEFAULT_DEADLINE_MS = 200;
const DEFAULT_LOCK_MS = 30_000;
export interface BullmqQueueOptions {
  /**
   * `redis://`, `rediss://`, `redis-sentinel://h1,h2,h3/name`; with `cluster` nodes, separated by commas. Its Redis must
   * be `noeviction`.
   */
  readonly url: string;
  /** Default false. Queue names are then hash tags, so that all keys of a queue share a slot. */
  readonly cluster?: boolean;
  /** Deadline of enqueue, depth and sentinel calls, ms; default 200. */
  readonly deadlineMs?: number;
  /** After a consumer died its delivery is brought to another after one to one and a half times this, ms; default 30,000. */
  readonly lockMs?: number;
  /** A connection's or BullMQ's own trouble, for logs; calls report theirs by rejecting. */
  readonly onError?: (error: unknown) => void;
  /** A delivery that names no job; it is acknowledged. */
  readonly onMalformed?: (queueId: string) => void;
}

export interface BullmqQueue extends JobQueue {
  /**
   * The `maxmemory-policy` of the queue's Redis (of one node in Cluster): anything but `noeviction` loses deliveries.
   * @throws {queue_unavailable}
   */
  checkPolicy(): Promise<string>;
}

/**
 * BullMQ as a queue: one of its queues per job type, a delivery's id as its job id, nothing kept after the end, its
 * own retries and verdicts unused. A delivery whose id is already waiting, delayed or active is the same delivery.
 * @throws {Error} when bullmq or ioredis is not installed; {TypeError} when the URL cannot be understood.
 *
 * @example
 * const queue = await createBullmqQueue({ url: "redis://127.0.0.1:6380", onError: console.error });
 * await queue.enqueue({ ref, jobType: "scan", attempt: 1 });
 */
export async function createBullmqQueue(options: BullmqQueueOptions): Promise<BullmqQueue> {
  const [bullmq, ioredis] = await Promise.all([loadBullmq(), loadIoredis()]);
  return new BullmqJobQueue({ bullmq, ioredis }, options);
}

/**
 * BullMQ ends a delay by the wall clock of whoever looks, and began it by that of whoever gave the delivery back: where
 * the two differ by a day it would wait a day. The row's time has come by Postgres' clock, so it goes now.
 */
async function bringForward(job: Job<DeliveryData>): Promise<void> {
  await job.promote().catch(() => undefined); // its delay has just ended; else whoever enqueues next tries again
}

class BullmqJobQueue implements BullmqQueue {
  readonly sentinel: SentinelKeeper;
  readonly #bullmq: Bullmq;
  readonly #options: Required<BullmqQueueOptions>;
  readonly #connections: QueueConnectionOptions;
  readonly #requests: QueueConnection;
  readonly #queues = new Map<string, Queue<DeliveryData>>();
  readonly #consumers = new Set<BullmqConsumer>();
  /** Resolves at the first connection; from then on calls without one fail at once. */
  readonly #connected: Promise<unknown>;
  #closing: Promise<void> | null = null;

  constructor(drivers: { readonly bullmq: Bullmq; readonly ioredis: Ioredis }, options: BullmqQueueOptions) {
    this.#bullmq = drivers.bullmq;
    this.#options = {
      cluster: false,
      deadlineMs: DEFAULT_DEADLINE_MS,
      lockMs: DEFAULT_LOCK_MS,
      onError: () => undefined,
      onMalformed: () => undefined,
      ...options,
    };
    const { url, cluster, onError } = this.#options;
    this.#connections = {
      connector: new RedisConnector(drivers.ioredis, parseRedisUrl(url, cluster)),
      onError,
    };
    this.#requests = requestConnection(this.#connections, this.#options.deadlineMs);
    this.#connected = new Promise((resolve) => this.#requests.once("ready", resolve));
    this.sentinel = queueSentinel(this.#prefix(), (call) => this.#answered(() => call(this.#requests)));
  }

  async enqueue(delivery: Delivery, delayMs = 0): Promise<void> {
    const { tenant, kind, id } = delivery.ref;
    const data = { tenant, kind, id, attempt: delivery.attempt };
    const delay = Math.max(0, Math.round(delayMs));
    await this.#answered(async () => {
      const job = await this.#queue(delivery.jobType).add(delivery.jobType, data, {
        jobId: deliveryId(delivery),
        delay,
        attempts: 1,
        removeOnComplete: true,
        removeOnFail: true,
      });
      if (delay === 0 && (await job.isDelayed())) await bringForward(job);
    });
  }

  async consume(options: ConsumeOptions): Promise<QueueConsumer> {
    this.#assertOpen();
    const connections = consumerConnections(this.#connections);
    const consumer = new BullmqConsumer({
      ...this.#options,
      ...options,
      bullmq: this.#bullmq,
      prefix: this.#prefix(),
      connections,
    });
    this.#consumers.add(consumer);
    void consumer.closed.then(() => this.#consumers.delete(consumer));
    return consumer;
  }

  async depth(jobTypes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#answered(async () => {
      const counts = await Promise.all(
        jobTypes.map(async (jobType) => {
          const waiting = await this.#queue(jobType).getJobCountByTypes("waiting", "delayed");
          return [jobType, waiting] as const;
        }),
      );
      return new Map(counts);
    });
  }

  async checkPolicy(): Promise<string> {
    const info = await this.#answered(() => this.#requests.info("memory"));
    return /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? "unknown";
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    closeClient(this.#requests);
    // the queues share the connection that is gone; closing them only detaches their listeners
    await Promise.allSettled([...this.#queues.values()].map((queue) => queue.close()));
  }

  #prefix(): string {
    return this.#options.cluster ? `{${OWN_KEYS.queuePrefix}}` : OWN_KEYS.queuePrefix;
  }

  #queue(jobType: string): Queue<DeliveryData> {
    const known = this.#queues.get(jobType);
    if (known !== undefined) return known;
    const made = new this.#bullmq.Queue<DeliveryData>(jobType, {
      connection: this.#requests,
      prefix: this.#prefix(),
      skipVersionCheck: true,
      skipMetasUpdate: true,
    });
    made.on("error", this.#options.onError);
    // BullMQ keeps a failed beginning for ever: the next call begins anew
    made.waitUntilReady().catch(() => this.#queues.delete(jobType));
    this.#queues.set(jobType, made);
    return made;
  }

  /** BullMQ waits for a connection as long as it takes; whoever calls us does not. */
  async #answered<T>(call: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    const answer = this.#connected.then(call);
    if (!(await settlesWithin(systemClock, this.#options.deadlineMs, answer))) {
      answer.catch(() => undefined); // too late for anyone to hear; the caller was told at the deadline
      throw new StatusplaneError("queue_unavailable", { detail: "no answer in time" });
    }
    try {
      return await answer;
    } catch (cause) {
      throw new StatusplaneError("queue_unavailable", { cause });
    }
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new StatusplaneError("queue_unavailable", { detail: "closed" });
  }
}

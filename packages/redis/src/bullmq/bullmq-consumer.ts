import {
  crashPoint,
  isId,
  isKind,
  jobRef,
  type ConsumeOptions,
  type Delivery,
  type DeliveryOutcome,
  type QueueConsumer,
} from "@statusplane/core";
import type { Job, Worker } from "bullmq";
import type { Bullmq } from "../connections/load-driver.ts";
import { followQueueClock } from "./queue-clock.ts";
import type { ConsumerConnections } from "./queue-connections.ts";

/** What BullMQ keeps of a delivery. Read back, it is unknown again. */
export interface DeliveryData {
  readonly tenant: string;
  readonly kind: string;
  readonly id: string;
  readonly attempt: number;
}

export interface BullmqConsumerOptions extends ConsumeOptions {
  readonly bullmq: Bullmq;
  readonly connections: ConsumerConnections;
  readonly prefix: string;
  readonly lockMs: number;
  readonly onError: (error: unknown) => void;
  readonly onMalformed: (queueId: string) => void;
}

/** Delay of a delivery whose handler broke its promise and rejected, ms. */
const BROKEN_HANDLER_DELAY_MS = 1_000;
/** BullMQ repeats what its connection refused after this, ms (its own default is 15 s). */
const RETRY_DELAY_MS = 1_000;
/**
 * BullMQ would drop a delivery whose consumers died this often. Rows decide that (tries, the sweeper), never the
 * queue: a consumer killed before its claim leaves a PENDING row, which needs the delivery to come again.
 */
const STALLED_NEVER_TOO_OFTEN = 1_000_000_000;

/** One BullMQ worker for one job type. */
export class BullmqConsumer implements QueueConsumer {
  readonly closed: Promise<void>;
  readonly #options: BullmqConsumerOptions;
  readonly #worker: Worker<DeliveryData>;
  readonly #handling = new Set<Promise<unknown>>();
  readonly #unfollowClock: () => void;
  #closing: Promise<void> | null = null;
  #wasClosed: () => void = () => undefined;

  constructor(options: BullmqConsumerOptions) {
    this.#options = options;
    const { bullmq, connections, prefix, jobType, concurrency, onError } = options;
    const lockMs = Math.ceil(options.lockMs); // Redis takes no fractions
    this.closed = new Promise((resolve) => {
      this.#wasClosed = resolve;
    });
    this.#worker = new bullmq.Worker<DeliveryData>(jobType, (job, token) => this.#process(job, token), {
      connection: connections.connection,
      prefix,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: Math.max(1, Math.round(lockMs / 2)),
      maxStalledCount: STALLED_NEVER_TOO_OFTEN,
      runRetryDelay: RETRY_DELAY_MS,
      skipVersionCheck: true,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    this.#worker.on("error", onError);
    this.#worker.on("completed", () => crashPoint("delivery.after-acknowledge"));
    this.#unfollowClock = followQueueClock({ connection: connections.connection, prefix, jobType, lockMs });
  }

  async pause(): Promise<void> {
    await this.#worker.pause(true);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const { connections } = this.#options;
    this.#unfollowClock();
    await this.#worker.pause(true);
    await Promise.allSettled(this.#handling);
    await connections.giveUpAway();
    await this.#worker.close();
    connections.disconnect();
    this.#wasClosed();
  }

  /** Returning acknowledges: BullMQ then forgets the delivery. */
  async #process(job: Job<DeliveryData>, token: string | undefined): Promise<void> {
    const delivery = deliveryOf(job, this.#options.jobType);
    if (delivery === null) {
      this.#options.onMalformed(job.id ?? "");
      return;
    }
    const outcome = await this.#handle(delivery);
    if (outcome.outcome === "acknowledge") return crashPoint("delivery.before-acknowledge");
    crashPoint("delivery.before-give-back");
    await job.moveToDelayed(Date.now() + outcome.delayMs, token);
    crashPoint("delivery.after-give-back");
    throw new this.#options.bullmq.DelayedError(); // how BullMQ is told that the delivery is no longer active
  }

  async #handle(delivery: Delivery): Promise<DeliveryOutcome> {
    const handled = this.#options.handle(delivery);
    this.#handling.add(handled);
    try {
      return await handled;
    } catch (error) {
      this.#options.onError(error);
      return { outcome: "give-back", delayMs: BROKEN_HANDLER_DELAY_MS };
    } finally {
      this.#handling.delete(handled);
    }
  }
}

/** Anyone who reaches the queue's Redis may have written it: null unless it names a job. */
function deliveryOf(job: Job, jobType: string): Delivery | null {
  const data: unknown = job.data;
  if (typeof data !== "object" || data === null) return null;
  const { tenant, kind, id, attempt } = data as Partial<Record<keyof DeliveryData, unknown>>;
  if (!isId(tenant) || !isId(id) || !isKind(kind)) return null;
  if (typeof attempt !== "number" || !Number.isInteger(attempt) || attempt < 1) return null;
  return { ref: jobRef(tenant, kind, id), attempt, jobType };
}

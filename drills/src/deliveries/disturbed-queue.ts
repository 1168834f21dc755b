import type {
  ConsumeOptions,
  Delivery,
  DeliveryOutcome,
  JobQueue,
  QueueConsumer,
  SentinelKeeper,
} from "@statusplane/core";
import type { Random } from "../random.ts";
import { attemptKey } from "./delivered-job.ts";

/** Shares of all deliveries. */
const DUPLICATED = 0.1;
const REORDERED = 0.3;
const LATE = 0.02;
/** What is reordered waits for up to so long; what is late for so long: the five minutes of a real queue, scaled. */
const REORDER_MS = 300;
const LATE_MS = { from: 1_000, to: 5_000 };
/** A duplicate comes at once, while the job runs or has just ended, or late. */
const DUPLICATE_SOON_MS = 500;

export interface DisturbedQueueOptions {
  readonly inner: JobQueue;
  readonly random: Random;
  readonly onDelivery: OnDelivery;
}

/** Told each time that a consumer's handler is called: which attempt, and whether the queue below knows nothing of it. */
export type OnDelivery = (attemptKey: string, isDuplicate: boolean) => void;

/** A queue that delivers everything at least once, and nothing as one would wish. */
export class DisturbedQueue implements JobQueue {
  readonly sentinel?: SentinelKeeper;
  readonly #inner: JobQueue;
  readonly #random: Random;
  readonly #onDelivery: OnDelivery;

  constructor({ inner, random, onDelivery }: DisturbedQueueOptions) {
    this.#inner = inner;
    this.#random = random;
    this.#onDelivery = onDelivery;
    if (inner.sentinel !== undefined) this.sentinel = inner.sentinel;
  }

  enqueue(delivery: Delivery, delayMs = 0): Promise<void> {
    return this.#inner.enqueue(delivery, delayMs + this.#waitMs());
  }

  async consume(options: ConsumeOptions): Promise<QueueConsumer> {
    const duplicates = new Duplicates((delivery) => {
      this.#onDelivery(attemptKey(delivery), true);
      return options.handle(delivery);
    });
    const handle = (delivery: Delivery): Promise<DeliveryOutcome> => {
      this.#onDelivery(attemptKey(delivery), false);
      if (this.#random.chance(DUPLICATED)) duplicates.deliver(delivery, this.#duplicateAfterMs());
      return options.handle(delivery);
    };
    const consumer = await this.#inner.consume({ ...options, handle });
    return {
      async pause() {
        duplicates.end();
        await consumer.pause();
      },
      async close() {
        await duplicates.close();
        await consumer.close();
      },
    };
  }

  depth(jobTypes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#inner.depth(jobTypes);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #waitMs(): number {
    if (this.#random.chance(LATE)) return this.#random.between(LATE_MS.from, LATE_MS.to);
    return this.#random.chance(REORDERED) ? this.#random.between(1, REORDER_MS) : 0;
  }

  #duplicateAfterMs(): number {
    const when = this.#random.next();
    if (when < 1 / 3) return 0;
    if (when < 2 / 3) return this.#random.between(1, DUPLICATE_SOON_MS);
    return this.#random.between(LATE_MS.from, LATE_MS.to);
  }
}

/** Deliveries that the queue below knows nothing of: each is made until it is acknowledged. */
class Duplicates {
  readonly #handle: (delivery: Delivery) => Promise<DeliveryOutcome>;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #handling = new Set<Promise<void>>();
  #ended = false;

  constructor(handle: (delivery: Delivery) => Promise<DeliveryOutcome>) {
    this.#handle = handle;
  }

  deliver(delivery: Delivery, afterMs: number): void {
    if (this.#ended) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const handled = this.#handle(delivery).then((outcome) => {
        this.#handling.delete(handled);
        if (outcome.outcome === "give-back") this.deliver(delivery, outcome.delayMs);
      });
      this.#handling.add(handled);
    }, afterMs);
    this.#timers.add(timer);
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  async close(): Promise<void> {
    this.end();
    await Promise.all(this.#handling);
  }
}

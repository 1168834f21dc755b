import {
  crashPoint,
  deliveryId,
  StatusplaneError,
  systemClock,
  type Clock,
  type ConsumeOptions,
  type Delivery,
  type DeliveryOutcome,
  type JobQueue,
  type QueueConsumer,
} from "@statusplane/core";

/** Delay of a delivery whose handler broke its promise and rejected, ms. */
const BROKEN_HANDLER_DELAY_MS = 1_000;

interface Entry {
  readonly id: string;
  readonly delivery: Delivery;
}

interface Delayed extends Entry {
  readonly cancelTimer: () => void;
}

/**
 * The queue of one process, one list per job type. A delivery is waiting, delayed or active under its id, and in each
 * of them a repeated enqueue is the same delivery; one without delay brings it forward.
 *
 * ```
 * enqueue ─▶ delayed ─time─▶ waiting ─taken─▶ active ─acknowledged─▶ gone
 *      └──────────────────────▲ ▲──given back (or delayed)──┘
 * ```
 */
class TypeQueue {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Entry>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #active = new Set<string>();
  readonly #consumers = new Set<MemoryConsumer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get depth(): number {
    return this.#waiting.size + this.#delayed.size;
  }

  enqueue(delivery: Delivery, delayMs: number): void {
    const id = deliveryId(delivery);
    const delayed = this.#delayed.get(id);
    if (delayed !== undefined && delayMs <= 0) {
      delayed.cancelTimer(); // it was put off by a clock that has been set back since: the row's time has come
      this.#delayed.delete(id);
    } else if (delayed !== undefined || this.#waiting.has(id) || this.#active.has(id)) return;
    this.#put({ id, delivery }, delayMs);
  }

  consume(options: ConsumeOptions): MemoryConsumer {
    const consumer = new MemoryConsumer(options, this);
    this.#consumers.add(consumer);
    consumer.takeMore();
    return consumer;
  }

  remove(consumer: MemoryConsumer): void {
    this.#consumers.delete(consumer);
  }

  take(): Entry | null {
    const next = this.#waiting.values().next();
    if (next.done === true) return null;
    this.#waiting.delete(next.value.id);
    this.#active.add(next.value.id);
    return next.value;
  }

  settle(entry: Entry, outcome: DeliveryOutcome): void {
    this.#active.delete(entry.id);
    if (outcome.outcome === "give-back") this.#put(entry, outcome.delayMs);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    // only now: what was under way may have been given back with a delay
    for (const { cancelTimer } of this.#delayed.values()) cancelTimer();
    this.#delayed.clear();
    this.#waiting.clear();
  }

  #put(entry: Entry, delayMs: number): void {
    if (delayMs > 0) {
      const cancelTimer = this.#clock.after(delayMs, () => {
        this.#delayed.delete(entry.id);
        this.#put(entry, 0);
      });
      this.#delayed.set(entry.id, { ...entry, cancelTimer });
      return;
    }
    this.#waiting.set(entry.id, entry);
    for (const consumer of this.#consumers) consumer.takeMore();
  }
}

class MemoryConsumer implements QueueConsumer {
  readonly #options: ConsumeOptions;
  readonly #queue: TypeQueue;
  readonly #handling = new Set<Promise<void>>();
  #paused = false;

  constructor(options: ConsumeOptions, queue: TypeQueue) {
    this.#options = options;
    this.#queue = queue;
  }

  takeMore(): void {
    while (!this.#paused && this.#handling.size < this.#options.concurrency) {
      const entry = this.#queue.take();
      if (entry === null) return;
      const handled = this.#handle(entry).finally(() => {
        this.#handling.delete(handled);
        this.takeMore();
      });
      this.#handling.add(handled);
    }
  }

  async pause(): Promise<void> {
    this.#paused = true;
  }

  async close(): Promise<void> {
    this.#paused = true;
    this.#queue.remove(this);
    await Promise.all(this.#handling);
  }

  async #handle(entry: Entry): Promise<void> {
    let outcome: DeliveryOutcome;
    try {
      outcome = await this.#options.handle(entry.delivery);
    } catch {
      outcome = { outcome: "give-back", delayMs: BROKEN_HANDLER_DELAY_MS }; // the handler reports its own errors
    }
    const acknowledged = outcome.outcome === "acknowledge";
    crashPoint(acknowledged ? "delivery.before-acknowledge" : "delivery.before-give-back");
    this.#queue.settle(entry, outcome);
    crashPoint(acknowledged ? "delivery.after-acknowledge" : "delivery.after-give-back");
  }
}

export interface MemoryQueueOptions {
  readonly clock?: Clock;
}

/**
 * A queue within this process, for installations of one process: what waits is lost with it, and found again by the
 * reconciler's sweep of waiting rows.
 *
 * @example
 * const queue = createMemoryQueue();
 * await queue.enqueue({ ref, jobType: "scan", attempt: 1 });
 */
export function createMemoryQueue({ clock = systemClock }: MemoryQueueOptions = {}): JobQueue {
  const types = new Map<string, TypeQueue>();
  let closing: Promise<void> | null = null;

  function typeQueue(jobType: string): TypeQueue {
    const known = types.get(jobType);
    if (known !== undefined) return known;
    const made = new TypeQueue(clock);
    types.set(jobType, made);
    return made;
  }

  function assertOpen(): void {
    if (closing !== null) throw new StatusplaneError("queue_unavailable", { detail: "closed" });
  }

  const close = (): Promise<void> =>
    (closing ??= Promise.all([...types.values()].map((queue) => queue.close())).then(() => undefined));
  return {
    async enqueue(delivery, delayMs = 0) {
      assertOpen();
      typeQueue(delivery.jobType).enqueue(delivery, delayMs);
    },
    async consume(options) {
      assertOpen();
      return typeQueue(options.jobType).consume(options);
    },
    async depth(jobTypes) {
      return new Map(jobTypes.map((jobType) => [jobType, types.get(jobType)?.depth ?? 0]));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/// <reference lib="esnext.disposable" preserve="true" />
// so that the declarations compile in a project with an older lib, too
import type { JobRef } from "./job-ref.ts";
import type { SentinelKeeper } from "./status-store-ports.ts";

/** A hint that a job may be claimed: nothing in it is believed but its ref. */
export interface Delivery {
  readonly ref: JobRef;
  readonly attempt: number;
  readonly jobType: string;
}

export type DeliveryOutcome =
  { readonly outcome: "acknowledge" } | { readonly outcome: "give-back"; readonly delayMs: number };

export interface ConsumeOptions {
  readonly jobType: string;
  /** Deliveries handled at once by this consumer. */
  readonly concurrency: number;
  /** Must not reject; if it does the delivery is given back. */
  readonly handle: (delivery: Delivery) => Promise<DeliveryOutcome>;
}

export interface QueueConsumer {
  /** Takes no more deliveries; those under way go on. */
  pause(): Promise<void>;
  close(): Promise<void>;
}

/** At-least-once delivery, one queue per job type. Adapters: memory, bullmq. */
export interface JobQueue {
  /**
   * Enqueues under the id `{tenant}.{kind}.{id}.{attempt}`: repeated enqueues are one delivery.
   * @throws {queue_unavailable}
   */
  enqueue(delivery: Delivery, delayMs?: number): Promise<void>;
  consume(options: ConsumeOptions): Promise<QueueConsumer>;
  /** Waiting and delayed deliveries per job type. */
  depth(jobTypes: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Absent where data cannot be lost apart from the process. */
  readonly sentinel?: SentinelKeeper;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The queue's own id of a delivery. */
export function deliveryId({ ref, attempt }: Pick<Delivery, "ref" | "attempt">): string {
  return `${ref.tenant}.${ref.kind}.${ref.id}.${attempt}`;
}

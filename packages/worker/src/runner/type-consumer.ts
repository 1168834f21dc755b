import {
  faultFields,
  pause,
  type Clock,
  type Delivery,
  type DeliveryOutcome,
  type JobQueue,
  type QueueConsumer,
  type Timings,
} from "@statusplane/core";
import { storeBackoffMs } from "../backoff.ts";
import type { JobDefinition } from "../define-job.ts";
import type { Log } from "../log.ts";
import { TenantShare } from "./tenant-share.ts";
import type { WorkerParts } from "./worker-parts.ts";

/** How often what a job type requires is looked for again, ms. */
const PROBE_EVERY_MS = 5_000;
/** The word that nobody can run a type is renewed this often within its life. */
const RENEWALS_PER_TTL = 3;

export interface TypeConsumerOptions {
  readonly definition: JobDefinition;
  /** Jobs of this type at once, from 1; of three or more one tenant gets all but one. */
  readonly concurrency: number;
  readonly handle: (delivery: Delivery) => Promise<DeliveryOutcome>;
  readonly queue: Pick<JobQueue, "consume">;
  readonly installation: Pick<WorkerParts["installation"], "setUnready">;
  readonly timings: Pick<Timings, "unreadyTtlSeconds">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/**
 * Consumes one job type, as soon as what it requires is there.
 *
 * ```
 * probing ─null─▶ consuming ─pause()─▶ paused ─close()─▶ closed
 *    └─reason─▶ says so in the store (renewed), consumes nothing, probes again
 * ```
 */
export class TypeConsumer {
  readonly #options: TypeConsumerOptions;
  readonly #ended = new AbortController();
  #starting: Promise<void> = Promise.resolve();
  #consumer: QueueConsumer | null = null;
  #unreadyReason: string | null = null;

  constructor(options: TypeConsumerOptions) {
    this.#options = options;
  }

  /** Why nothing of this type is consumed, null when nothing is missing. */
  get unreadyReason(): string | null {
    return this.#unreadyReason;
  }

  /** Resolves after the first probe: consuming, or waiting for what is missing. */
  async start(): Promise<void> {
    const missing = await this.#probe();
    this.#starting = missing === null ? this.#consume() : this.#waitUntilReady(missing);
    if (missing === null) await this.#starting;
  }

  /** Takes no more deliveries; those under way go on. */
  async pause(): Promise<void> {
    this.#ended.abort();
    await this.#starting;
    await this.#consumer?.pause();
  }

  async close(): Promise<void> {
    await this.pause();
    await this.#consumer?.close();
  }

  async #waitUntilReady(missing: string): Promise<void> {
    const { clock, timings, definition, log } = this.#options;
    const renewEveryMs = (timings.unreadyTtlSeconds * 1_000) / RENEWALS_PER_TTL;
    let reason: string | null = missing;
    let saidAtMs = Number.NEGATIVE_INFINITY;
    log.warn({ jobType: definition.type, reason }, `${definition.type} jobs wait: ${reason}`);
    while (reason !== null && !this.#ended.signal.aborted) {
      if (reason !== this.#unreadyReason || clock.nowMs() - saidAtMs >= renewEveryMs) {
        saidAtMs = clock.nowMs();
        this.#unreadyReason = reason;
        await this.#say(reason);
      }
      await pause(clock, Math.min(PROBE_EVERY_MS, renewEveryMs), this.#ended.signal);
      reason = await this.#probe();
    }
    if (reason === null) await this.#consume();
  }

  async #probe(): Promise<string | null> {
    const { definition, log } = this.#options;
    try {
      return (await definition.requires?.()) ?? null;
    } catch (error) {
      log.warn({ jobType: definition.type, ...faultFields(error) }, "readiness probe failed");
      return "internal_error";
    }
  }

  async #consume(): Promise<void> {
    const { definition, concurrency, queue, clock, random, log } = this.#options;
    const share = new TenantShare({
      places: concurrency,
      handle: this.#options.handle,
      clock,
      ended: this.#ended.signal,
    });
    const handle = share.handle.bind(share);
    if (definition.requires !== null) await this.#say(null);
    this.#unreadyReason = null;
    for (let failures = 1; !this.#ended.signal.aborted; failures++) {
      try {
        this.#consumer = await queue.consume({ jobType: definition.type, concurrency, handle });
        return;
      } catch (error) {
        log.warn({ jobType: definition.type, ...faultFields(error) }, "queue does not answer; will retry");
        await pause(clock, storeBackoffMs(failures, random()), this.#ended.signal);
      }
    }
  }

  async #say(reason: string | null): Promise<void> {
    const { definition, installation, log } = this.#options;
    try {
      await installation.setUnready(definition.type, reason);
    } catch (error) {
      log.warn(
        { jobType: definition.type, ...faultFields(error) },
        "readiness of the job type not written to the status store",
      );
    }
  }
}

import { setTimeout } from "node:timers/promises";
import { faultFields, type ErrorCode, type Installation, type StoreMemory } from "@statusplane/core";
import { storeRisks, type Risk } from "./risks.ts";

const LOOK_EVERY_MS = 10_000;
/** While the store is away or new work is refused, looks come so many times as often: room is used as soon as it is there. */
const SOONER = 5;
/** A start that is to be refused must not slip through because its first look came a moment too early. */
const FIRST_ANSWER_WITHIN_MS = 1_000;
const FIRST_LOOKS_EVERY_MS = 100;
/** Under `noeviction` new work is refused above this share of the memory: the ends of running work must still fit. */
const FULL_ABOVE = 0.85;

export type EvictionVerdict = "ok" | "evicts_live_jobs" | "unknown";

export interface StoreHealthOptions {
  readonly installation: Pick<Installation, "readMemory">;
  /** A pino logger fits. */
  readonly log: { warn(details: object, message: string): void };
  /** Between two looks, ms. Default 10,000. */
  readonly lookEveryMs?: number;
}

/**
 * What this process knows of the status store's memory and settings: looked at every 10 s (every 2 s while something is
 * wrong), so that `/readyz`, `/metrics` and submits answer from memory. A setting that puts running work at risk is warned
 * of once when it is first seen, also long after the start, and again when it comes back.
 */
export class StoreHealth {
  readonly #options: StoreHealthOptions;
  #memory: StoreMemory | null = null;
  #risks: readonly Risk[] = [];
  #answers = false;
  #warnedOf = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StoreHealthOptions) {
    this.#options = options;
  }

  /** Looks until the store has answered, for a second at most, and then goes on looking. */
  async start(): Promise<void> {
    const deadlineMs = performance.now() + FIRST_ANSWER_WITHIN_MS;
    await this.#look();
    while (!this.#answers && performance.now() < deadlineMs) {
      await setTimeout(FIRST_LOOKS_EVERY_MS);
      await this.#look();
    }
    let passed = 0;
    const everyMs = (this.#options.lookEveryMs ?? LOOK_EVERY_MS) / SOONER;
    this.#timer = setInterval(() => {
      passed += 1;
      if (passed < SOONER && this.#answers && this.acceptsWork() === null) return;
      passed = 0;
      void this.#look();
    }, everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  get memory(): StoreMemory | null {
    return this.#memory;
  }

  /** Whether the store answered the last look. */
  get answers(): boolean {
    return this.#answers;
  }

  /** What was wrong with its settings at the last look that it answered. */
  get risks(): readonly Risk[] {
    return this.#risks;
  }

  /** `volatile-*` evicts exactly the running jobs first: they alone carry a TTL. */
  get eviction(): EvictionVerdict {
    if (this.#memory === null) return "unknown";
    return this.#risks.some(({ code }) => code === "evicts_live_jobs") ? "evicts_live_jobs" : "ok";
  }

  /** The code that new work is refused with, null when there is room. */
  acceptsWork(): ErrorCode | null {
    const memory = this.#memory;
    if (memory === null || memory.policy !== "noeviction" || memory.maxBytes === 0) return null;
    return memory.usedBytes > FULL_ABOVE * memory.maxBytes ? "storage_full" : null;
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { installation, log } = this.#options;
    try {
      this.#memory = await installation.readMemory();
      this.#answers = true;
    } catch (error) {
      if (this.#answers) log.warn(faultFields(error), "status store does not answer");
      this.#answers = false;
      return;
    }
    this.#risks = storeRisks(this.#memory);
    for (const { code, problem } of this.#risks)
      if (!this.#warnedOf.has(code)) log.warn({ risk: code }, problem);
    this.#warnedOf = new Set(this.#risks.map(({ code }) => code));
  }
}

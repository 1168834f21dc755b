import type { ErrorCode, Installation, StoreMemory } from "@statusplane/core";
import type { Logger } from "pino";

const LOOK_EVERY_MS = 10_000;
/** Under `noeviction` new work is refused above this share of the memory: the ends of running work must still fit. */
const FULL_ABOVE = 0.85;

export type EvictionVerdict = "ok" | "evicts_live_jobs" | "unknown";

/**
 * What this process knows of the status store's memory: looked at every 10 s, so that `/readyz`, `/metrics` and submits
 * answer from memory.
 */
export class StoreHealth {
  readonly #installation: Installation;
  readonly #log: Logger;
  #memory: StoreMemory | null = null;
  #answers = false;
  #warned = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(installation: Installation, log: Logger) {
    this.#installation = installation;
    this.#log = log;
  }

  /** Looks once and then goes on looking. */
  async start(): Promise<void> {
    await this.#look();
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
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

  /** `volatile-*` evicts exactly the running jobs first: they alone carry a TTL. */
  get eviction(): EvictionVerdict {
    if (this.#memory === null) return "unknown";
    return this.#memory.policy.startsWith("volatile-") ? "evicts_live_jobs" : "ok";
  }

  /** The code that new work is refused with, null when there is room. */
  acceptsWork(): ErrorCode | null {
    const memory = this.#memory;
    if (memory === null || memory.policy !== "noeviction" || memory.maxBytes === 0) return null;
    return memory.usedBytes > FULL_ABOVE * memory.maxBytes ? "storage_full" : null;
  }

  async #look(): Promise<void> {
    try {
      this.#memory = await this.#installation.readMemory();
      this.#answers = true;
    } catch (error) {
      if (this.#answers) this.#log.warn({ err: error }, "the status store does not answer");
      this.#answers = false;
      return;
    }
    if (this.eviction === "evicts_live_jobs" && !this.#warned) {
      this.#warned = true;
      this.#log.warn(
        { policy: this.#memory.policy },
        "this eviction policy loses running jobs first; use allkeys-lru",
      );
    }
  }
}

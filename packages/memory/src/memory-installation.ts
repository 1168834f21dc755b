import {
  OWN_KEYS,
  type Beat,
  type Installation,
  type Sentinel,
  type StoreMemory,
  type Timings,
  type Unsubscribe,
} from "@statusplane/core";
import type { StatusStoreSettings } from "@statusplane/core/status-store";
import { MemoryChannels } from "./memory-channels.ts";
import type { MemoryEntries } from "./memory-entries.ts";

/** What an installation of one process keeps: its sentinel starts missing, since memory survives no restart. */
export class MemoryInstallation implements Installation {
  readonly #timings: Timings;
  readonly #now: () => number;
  readonly #entries: Pick<MemoryEntries, "size" | "expiring">;
  readonly #wakes: MemoryChannels<null>;
  readonly #unready = new Map<string, { readonly reason: string; readonly expiresAtMs: number }>();
  #sentinel: Sentinel | null = null;
  #beat: { readonly owner: string; readonly atMs: number } | null = null;

  constructor(
    { timings, log }: StatusStoreSettings,
    entries: Pick<MemoryEntries, "size" | "expiring" | "now">,
  ) {
    this.#timings = timings;
    this.#now = entries.now;
    this.#entries = entries;
    this.#wakes = new MemoryChannels(log);
  }

  async ping(): Promise<void> {}

  async readSentinels(): Promise<readonly (Sentinel | null)[]> {
    return [this.#sentinel];
  }

  async writeSentinels(sentinel: Sentinel, [read]: readonly (Sentinel | null)[]): Promise<boolean> {
    if (this.#sentinel?.tick !== read?.tick) return false;
    this.#sentinel = sentinel;
    return true;
  }

  async beat(owner: string): Promise<void> {
    this.#beat = { owner, atMs: this.#now() };
  }

  async readBeat(): Promise<Beat | null> {
    return this.#beat === null
      ? null
      : { owner: this.#beat.owner, ageMs: Math.max(0, this.#now() - this.#beat.atMs) };
  }

  async wake(): Promise<void> {
    this.#wakes.publish(OWN_KEYS.wake, null);
  }

  async onWake(listener: () => void): Promise<Unsubscribe> {
    return this.#wakes.listen(OWN_KEYS.wake, listener);
  }

  async setUnready(jobType: string, reason: string | null): Promise<void> {
    if (reason === null) this.#unready.delete(jobType);
    else
      this.#unready.set(jobType, {
        reason,
        expiresAtMs: this.#now() + this.#timings.unreadyTtlSeconds * 1_000,
      });
  }

  unreadyOf(jobTypes: readonly string[]): ReadonlyMap<string, string> {
    const reasons = new Map<string, string>();
    for (const jobType of jobTypes) {
      const unready = this.#unready.get(jobType);
      if (unready === undefined) continue;
      if (unready.expiresAtMs > this.#now()) reasons.set(jobType, unready.reason);
      else this.#unready.delete(jobType);
    }
    return reasons;
  }

  async readMemory(): Promise<StoreMemory> {
    return {
      usedBytes: process.memoryUsage().heapUsed,
      maxBytes: 0,
      policy: "memory",
      appendOnly: false,
      keys: this.#entries.size,
      expiringKeys: this.#entries.expiring,
    };
  }
}

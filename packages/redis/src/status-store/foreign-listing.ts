import { refKey, type JobRef } from "@statusplane/core";
import type { RedisTenantLists } from "./redis-tenant-lists.ts";

/** So many jobs are remembered at most; those beyond wait for the next interval. */
const MAX_LISTED = 10_000;

/**
 * Puts live jobs that another program wrote on their tenant's active list, for such a program knows of no list. Whoever
 * reads one does it, without waiting: at most once per job and interval in this process.
 */
export class ForeignListing {
  readonly #lists: Pick<RedisTenantLists, "live">;
  readonly #everyMs: number;
  readonly #listed = new Set<string>();
  #sinceMs = -Infinity;

  constructor(lists: Pick<RedisTenantLists, "live">, everyMs: number) {
    this.#lists = lists;
    this.#everyMs = everyMs;
  }

  /** A live value of another program was read. */
  seen(ref: JobRef): void {
    const nowMs = performance.now();
    if (nowMs - this.#sinceMs >= this.#everyMs) {
      this.#listed.clear();
      this.#sinceMs = nowMs;
    }
    const key = refKey(ref);
    if (this.#listed.has(key) || this.#listed.size >= MAX_LISTED) return;
    this.#listed.add(key);
    this.#lists.live("alive", ref);
  }
}

import { activeKey, keyInTenant, type JobRef } from "@statusplane/core";
import type { StatusStoreSettings } from "@statusplane/core/status-store";
import type { RedisClient } from "../connections/redis-connector.ts";
import type { RedisRequests } from "./redis-requests.ts";
import type { ScriptCommands } from "./redis-scripts.ts";

/** A page of a tenant's list, newest first. */
export interface ActivePage {
  readonly members: readonly { readonly member: string; readonly score: string }[];
  /** How many are on the whole list. */
  readonly total: number;
}

/**
 * Each tenant's sorted set of live jobs by the time of their last sign of life. It lies in another slot than the jobs
 * and is only a hint: nothing waits for its changes but `touch`, and a lost one is counted.
 */
export class RedisActiveLists {
  readonly #requests: RedisRequests<RedisClient & ScriptCommands>;
  readonly #settings: StatusStoreSettings;

  constructor(requests: RedisRequests<RedisClient & ScriptCommands>, settings: StatusStoreSettings) {
    this.#requests = requests;
    this.#settings = settings;
  }

  /** @throws {store_unavailable} */
  async touch(refs: readonly JobRef[]): Promise<void> {
    const byTenant = new Map<string, string[]>();
    for (const ref of refs) {
      const members = byTenant.get(ref.tenant) ?? [];
      members.push(keyInTenant(ref));
      byTenant.set(ref.tenant, members);
    }
    await Promise.all(Array.from(byTenant, ([tenant, members]) => this.#add(tenant, members)));
  }

  /** Puts a job on its tenant's list without waiting. */
  add(ref: JobRef): void {
    this.#hint(this.#add(ref.tenant, [keyInTenant(ref)]));
  }

  /** Takes a job off its tenant's list without waiting. */
  remove(ref: JobRef): void {
    this.#hint(this.#requests.call((client) => client.zrem(activeKey(ref.tenant), keyInTenant(ref))));
  }

  /** Takes members off without waiting, unless they have been put on the list again since that page was read. */
  drop(tenant: string, members: ActivePage["members"]): void {
    if (members.length === 0) return;
    const seen = members.flatMap(({ member, score }) => [member, score]);
    this.#hint(this.#requests.call((client) => client.dropActive(activeKey(tenant), ...seen)));
  }

  /** @throws {store_unavailable} */
  async page(tenant: string, from: number, count: number): Promise<ActivePage> {
    const key = activeKey(tenant);
    const [total, flat] = await this.#requests.call((client) =>
      Promise.all([client.zcard(key), client.zrevrange(key, from, from + count - 1, "WITHSCORES")]),
    );
    const members: { member: string; score: string }[] = [];
    for (let i = 0; i + 1 < flat.length; i += 2)
      members.push({ member: flat[i] ?? "", score: flat[i + 1] ?? "" });
    return { members, total };
  }

  async #add(tenant: string, members: readonly string[]): Promise<void> {
    const key = activeKey(tenant);
    const { liveTtlSeconds } = this.#settings.timings;
    const nowMs = Date.now();
    await this.#requests.call(async (client) => {
      const replies = await client
        .pipeline()
        .zadd(key, ...members.flatMap((member) => [nowMs, member]))
        .zremrangebyscore(key, "-inf", nowMs - liveTtlSeconds * 1_000)
        .expire(key, liveTtlSeconds)
        .exec();
      for (const [error] of replies ?? []) if (error !== null) throw error;
    });
  }

  #hint(change: Promise<unknown>): void {
    change.catch(() => this.#settings.counters.onHintLost?.()); // only a hint: the next sign of life repeats it
  }
}

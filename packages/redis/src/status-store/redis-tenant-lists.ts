import {
  ENDED_LIFE_SECONDS,
  isId,
  jobRef,
  keyInTenant,
  MAX_ENDED,
  parseKeyInTenant,
  tenantKeys,
  type EndedJob,
  type JobRef,
  type Liveness,
} from "@statusplane/core";
import type { StatusStoreSettings } from "@statusplane/core/status-store";
import type { RedisClient } from "../connections/redis-connector.ts";
import type { RedisRequests } from "./redis-requests.ts";
import type { ScriptCommands } from "./redis-scripts.ts";
import { noneIfOfAnotherType } from "./store-error.ts";

/** A page of a tenant's active list, newest first. */
export interface ActivePage {
  readonly members: readonly { readonly member: string; readonly score: string }[];
  /** How many are on the whole list. */
  readonly total: number;
}

export interface RedisTenantListsParts {
  readonly requests: RedisRequests<RedisClient & ScriptCommands>;
  readonly cluster: boolean;
  readonly settings: StatusStoreSettings;
}

/**
 * Each tenant's sorted sets of live and of lately ended jobs, and the hint that one of them has changed. They lie in
 * another slot than the jobs and are only hints themselves: nothing waits for their changes but `touch`, and a lost one
 * is counted.
 */
export class RedisTenantLists {
  readonly #parts: RedisTenantListsParts;
  readonly #publish: "PUBLISH" | "SPUBLISH";

  constructor(parts: RedisTenantListsParts) {
    this.#parts = parts;
    this.#publish = parts.cluster ? "SPUBLISH" : "PUBLISH";
  }

  /**
   * Puts those back on their tenants' active lists that are missing there.
   * @throws {store_unavailable}
   */
  async touch(refs: readonly JobRef[]): Promise<void> {
    const byTenant = new Map<string, JobRef[]>();
    for (const ref of refs) {
      const ofTenant = byTenant.get(ref.tenant) ?? [];
      ofTenant.push(ref);
      byTenant.set(ref.tenant, ofTenant);
    }
    await Promise.all(Array.from(byTenant, ([tenant, ofTenant]) => this.#live("alive", tenant, ofTenant)));
  }

  /** Puts a job on its tenant's active list without waiting. */
  live(liveness: Liveness, ref: JobRef): void {
    this.#hint(this.#live(liveness, ref.tenant, [ref]));
  }

  /** Puts a job on its tenant's ended list instead of the active one, without waiting. */
  ended({ ref, endedAtMs }: EndedJob): void {
    const { active, ended, lists } = this.#keys(ref.tenant);
    const bounds = [MAX_ENDED, ENDED_LIFE_SECONDS] as const;
    this.#hint(
      this.#parts.requests.call((client) =>
        client.listEnded(active, ended, keyInTenant(ref), endedAtMs, ...bounds, lists, this.#publish),
      ),
    );
  }

  /** Takes a job off both of its tenant's lists without waiting. */
  remove(ref: JobRef): void {
    const { active, ended, lists } = this.#keys(ref.tenant);
    this.#hint(
      this.#parts.requests.call((client) =>
        client.unlist(active, ended, keyInTenant(ref), lists, this.#publish),
      ),
    );
  }

  /** Takes members off the active list without waiting, unless they have been put there again since that page was read. */
  drop(tenant: string, members: ActivePage["members"]): void {
    if (members.length === 0) return;
    const seen = members.flatMap(({ member, score }) => [member, score]);
    this.#hint(this.#parts.requests.call((client) => client.dropActive(this.#keys(tenant).active, ...seen)));
  }

  /** @throws {store_unavailable} */
  async activePage(tenant: string, from: number, count: number): Promise<ActivePage> {
    const key = this.#keys(tenant).active;
    const [total, flat] = await this.#parts.requests.call((client) =>
      Promise.all([client.zcard(key), client.zrevrange(key, from, from + count - 1, "WITHSCORES")]),
    );
    return { members: pairs(flat).map(([member, score]) => ({ member, score })), total };
  }

  /**
   * Newest first, those that are in time.
   * @throws {store_unavailable}
   */
  async readEnded(tenant: string): Promise<readonly EndedJob[]> {
    const flat = await this.#parts.requests.call((client) =>
      client.zrevrange(this.#keys(tenant).ended, 0, MAX_ENDED - 1, "WITHSCORES").catch(noneIfOfAnotherType),
    );
    const sinceMs = Date.now() - ENDED_LIFE_SECONDS * 1_000;
    return pairs(flat ?? []).flatMap(([member, score]) => {
      const named = parseKeyInTenant(member);
      const endedAtMs = Number(score);
      if (named === null || !isId(named.id) || endedAtMs <= sinceMs) return [];
      return [{ ref: jobRef(tenant, named.kind, named.id), endedAtMs }];
    });
  }

  async #live(liveness: Liveness, tenant: string, refs: readonly JobRef[]): Promise<void> {
    const { active, ended, lists } = this.#keys(tenant);
    const { liveTtlSeconds } = this.#parts.settings.timings;
    const members = refs.map(keyInTenant);
    await this.#parts.requests.call((client) =>
      client.listLive(active, ended, liveness, liveTtlSeconds, lists, this.#publish, ...members),
    );
  }

  #keys(tenant: string): ReturnType<typeof tenantKeys> {
    return tenantKeys(tenant, this.#parts.cluster);
  }

  #hint(change: Promise<unknown>): void {
    change.catch(() => this.#parts.settings.counters.onHintLost?.()); // only a hint: what comes next repeats it
  }
}

/** What WITHSCORES answers: member, score, member, score, … */
function pairs(flat: readonly string[]): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) found.push([flat[i] ?? "", flat[i + 1] ?? ""]);
  return found;
}

import {
  ENDED_LIFE_SECONDS,
  jobRef,
  keyInTenant,
  MAX_ENDED,
  parseKeyInTenant,
  tenantKeys,
  type EndedJob,
  type JobRef,
  type Liveness,
} from "@statusplane/core";
import type { MemoryChannels } from "./memory-channels.ts";

interface Lists {
  /** By member, since when, in ms of the lists' clock; the oldest come first. */
  readonly active: Map<string, number>;
  /** By member, Unix ms of the end; the oldest come first. */
  ended: Map<string, number>;
}

export interface MemoryTenantListsParts {
  readonly liveTtlMs: number;
  /** The clock of the active lists, ms. */
  readonly now: () => number;
  /** Hears of each change, by the channel of the tenant's lists. */
  readonly hints: MemoryChannels<null>;
}

/** Each tenant's live and lately ended jobs; hints, as in Redis. */
export class MemoryTenantLists {
  readonly #parts: MemoryTenantListsParts;
  readonly #byTenant = new Map<string, Lists>();

  constructor(parts: MemoryTenantListsParts) {
    this.#parts = parts;
  }

  live(liveness: Liveness, ref: JobRef): void {
    const { active, ended } = this.#of(ref.tenant);
    const member = keyInTenant(ref);
    const since = active.get(member);
    const reopened = liveness === "reopened" && ended.delete(member);
    // a long job is put on the list anew before its time is over
    if (liveness !== "alive" || since === undefined || since < this.#now() - this.#parts.liveTtlMs / 2) {
      active.delete(member);
      active.set(member, this.#now()); // insertion order is the order of time
    }
    const dropped = this.#dropSilent(active);
    this.#keep(ref.tenant, since === undefined || reopened || dropped);
  }

  /** Puts a job on its tenant's ended list instead of the active one. */
  ended({ ref, endedAtMs }: EndedJob): void {
    const lists = this.#of(ref.tenant);
    const member = keyInTenant(ref);
    const wasActive = lists.active.delete(member);
    const before = lists.ended.get(member);
    if (before !== endedAtMs) lists.ended = newest([...lists.ended, [member, endedAtMs]]);
    this.#keep(ref.tenant, wasActive || before !== lists.ended.get(member));
  }

  /** Takes a job off both lists. */
  remove(ref: JobRef): void {
    const { active, ended } = this.#of(ref.tenant);
    const member = keyInTenant(ref);
    const wasActive = active.delete(member);
    this.#keep(ref.tenant, ended.delete(member) || wasActive);
  }

  /** Takes off the active list what a reader found to be live no more. */
  drop(tenant: string, member: string): void {
    this.#of(tenant).active.delete(member);
    this.#keep(tenant, false);
  }

  /** Newest first. */
  activeMembers(tenant: string): readonly string[] {
    return [...(this.#byTenant.get(tenant)?.active.keys() ?? [])].reverse();
  }

  /** Newest first, those that are in time. */
  readEnded(tenant: string): readonly EndedJob[] {
    const ended = [...newest([...(this.#byTenant.get(tenant)?.ended ?? [])])].reverse();
    return ended.flatMap(([member, endedAtMs]) => {
      const named = parseKeyInTenant(member);
      return named === null ? [] : [{ ref: jobRef(tenant, named.kind, named.id), endedAtMs }];
    });
  }

  #of(tenant: string): Lists {
    const known = this.#byTenant.get(tenant);
    if (known !== undefined) return known;
    const made: Lists = { active: new Map(), ended: new Map() };
    this.#byTenant.set(tenant, made);
    return made;
  }

  /** After each change: a tenant without jobs is forgotten, and who watches is told. */
  #keep(tenant: string, changed: boolean): void {
    const { active, ended } = this.#of(tenant);
    if (active.size === 0 && ended.size === 0) this.#byTenant.delete(tenant);
    if (changed) this.#parts.hints.publish(tenantKeys(tenant).lists, null);
  }

  /** Takes off what showed no sign of life for a live key's time. @returns whether there was any. */
  #dropSilent(active: Map<string, number>): boolean {
    let dropped = false;
    for (const [member, since] of active) {
      if (since > this.#now() - this.#parts.liveTtlMs) break;
      dropped = active.delete(member);
    }
    return dropped;
  }

  #now(): number {
    return this.#parts.now();
  }
}

/** Of these ends the newest that are in time, the oldest first; of equal ones by name, as in Redis. */
function newest(ends: readonly (readonly [string, number])[]): Map<string, number> {
  const sinceMs = Date.now() - ENDED_LIFE_SECONDS * 1_000;
  const inTime = [...new Map(ends)].filter(([, endedAtMs]) => endedAtMs > sinceMs);
  inTime.sort(([a, atMs], [b, btMs]) => atMs - btMs || (a < b ? -1 : 1));
  return new Map(inTime.slice(-MAX_ENDED));
}

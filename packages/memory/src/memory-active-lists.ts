import { keyInTenant, type JobRef } from "@statusplane/core";

/** Each tenant's live jobs by the time of their last sign of life; a hint, as in Redis. */
export class MemoryActiveLists {
  readonly #liveTtlMs: number;
  readonly #now: () => number;
  readonly #byTenant = new Map<string, Map<string, number>>();

  constructor(liveTtlMs: number, now: () => number) {
    this.#liveTtlMs = liveTtlMs;
    this.#now = now;
  }

  touch(ref: JobRef): void {
    let members = this.#byTenant.get(ref.tenant);
    if (members === undefined) this.#byTenant.set(ref.tenant, (members = new Map<string, number>()));
    const member = keyInTenant(ref);
    members.delete(member);
    members.set(member, this.#now()); // insertion order is the order of touching: the oldest come first
    for (const [old, touchedAtMs] of members) {
      if (touchedAtMs > this.#now() - this.#liveTtlMs) break;
      members.delete(old);
    }
  }

  remove(tenant: string, member: string): void {
    const members = this.#byTenant.get(tenant);
    members?.delete(member);
    if (members?.size === 0) this.#byTenant.delete(tenant);
  }

  /** Newest first. */
  members(tenant: string): readonly string[] {
    return [...(this.#byTenant.get(tenant)?.keys() ?? [])].reverse();
  }
}

import {
  encodeSentinel,
  OWN_KEYS,
  parseSentinel,
  type Beat,
  type Installation,
  type Sentinel,
  type StoreMemory,
  type Unsubscribe,
} from "@statusplane/core";
import type { StatusStoreSettings } from "@statusplane/core/status-store";
import { isCluster } from "../connections/redis-connector.ts";
import { getFromCluster } from "./cluster-reads.ts";
import { mastersOf, slotOf } from "./cluster-slots.ts";
import type { RedisChannels } from "./redis-channels.ts";
import type { RedisClient } from "../connections/redis-connector.ts";
import type { RedisRequests } from "./redis-requests.ts";
import type { ScriptCommands } from "./redis-scripts.ts";

/** A beat is kept for so many times the age at which standbys doubt it: long enough to tell them how old it is. */
const BEAT_TTL_FACTOR = 10;

/**
 * In Cluster so many sentinels lie in slots of their own: some on every master that owns more than about one slot in a
 * hundred. They move with their slots, so that none is missing when slots go to other masters or to new ones.
 */
const SENTINELS_IN_CLUSTER = 256;
const SENTINEL = OWN_KEYS.sentinel("0");
const CLUSTER_SENTINELS = Array.from({ length: SENTINELS_IN_CLUSTER }, (_, n) => OWN_KEYS.sentinel(`{${n}}`));

export interface RedisInstallationParts {
  readonly requests: RedisRequests<RedisClient & ScriptCommands>;
  readonly channels: RedisChannels;
  readonly settings: StatusStoreSettings;
}

/** What an installation keeps in Redis beside its tenants' data. Every method throws {store_unavailable}. */
export class RedisInstallation implements Installation {
  readonly #parts: RedisInstallationParts;
  readonly #beatTtlMs: number;

  constructor(parts: RedisInstallationParts) {
    this.#parts = parts;
    this.#beatTtlMs = parts.settings.timings.beatStaleMs * BEAT_TTL_FACTOR;
  }

  /** In Cluster every owner of slots must answer: one that is dead is no longer among the client's nodes. */
  async ping(): Promise<void> {
    await this.#parts.requests.call<unknown>(async (client) => {
      if (!isCluster(client)) return client.ping();
      const onePerOwner = new Map(CLUSTER_SENTINELS.map((key) => [client.slots[slotOf(key)]?.[0], key]));
      return Promise.all(getFromCluster(client, [...onePerOwner.values()]));
    });
  }

  readSentinels(): Promise<readonly (Sentinel | null)[]> {
    return this.#parts.requests.call(async (client) => {
      const texts = isCluster(client) ? getFromCluster(client, CLUSTER_SENTINELS) : [client.get(SENTINEL)];
      return (await Promise.all(texts)).map(parseSentinel);
    });
  }

  async writeSentinels(sentinel: Sentinel, read: readonly (Sentinel | null)[]): Promise<boolean> {
    const text = encodeSentinel(sentinel);
    return this.#parts.requests.call(async (client) => {
      const keys = isCluster(client) ? CLUSTER_SENTINELS : [SENTINEL];
      const written = await Promise.all(
        keys.map((key, i) => client.writeSentinel(key, textOf(read[i] ?? null), text)),
      );
      return written.every((one) => one === 1);
    });
  }

  async beat(owner: string): Promise<void> {
    await this.#parts.requests.call((client) =>
      client.set(OWN_KEYS.reconciler, owner, "PX", this.#beatTtlMs),
    );
  }

  /**
   * The age comes from the key's remaining life, so by Redis' clock alone. One that has longer to live than a beat gets
   * is from before that clock was set back: as good as none, or a dead leader would look alive for so long.
   */
  async readBeat(): Promise<Beat | null> {
    const [owner, ttlMs] = await this.#parts.requests.call((client) =>
      Promise.all([client.get(OWN_KEYS.reconciler), client.pttl(OWN_KEYS.reconciler)]),
    );
    if (owner === null || ttlMs < 0 || ttlMs > this.#beatTtlMs) return null;
    return { owner, ageMs: this.#beatTtlMs - ttlMs };
  }

  async wake(): Promise<void> {
    await this.#parts.requests.call((client) =>
      isCluster(client) ? client.spublish(OWN_KEYS.wake, "") : client.publish(OWN_KEYS.wake, ""),
    );
  }

  onWake(listener: () => void): Promise<Unsubscribe> {
    return this.#parts.channels.listen(OWN_KEYS.wake, () => listener());
  }

  async setUnready(jobType: string, reason: string | null): Promise<void> {
    const key = OWN_KEYS.unready(jobType);
    const { unreadyTtlSeconds } = this.#parts.settings.timings;
    await this.#parts.requests.call<unknown>((client) =>
      reason === null ? client.del(key) : client.set(key, reason, "EX", unreadyTtlSeconds),
    );
  }

  /** In Cluster the fullest master's memory, the worst policy, all masters' keys, and append-only only if all are. */
  async readMemory(): Promise<StoreMemory> {
    const all = await this.#parts.requests.call((client) =>
      Promise.all(
        mastersOf(client).map(async (master) => parseMemory(await master.info(), master.options.db ?? 0)),
      ),
    );
    return all.reduce(worse);
  }
}

function textOf(sentinel: Sentinel | null): string {
  return sentinel === null ? "" : encodeSentinel(sentinel);
}

/** Reads Redis' INFO; the keys are those of one numbered database, which INFO leaves out while it is empty. */
export function parseMemory(info: string, database: number): StoreMemory {
  const field = (name: string): string => new RegExp(`^${name}:(.*)$`, "m").exec(info)?.[1]?.trim() ?? "";
  const [, keys = "0", expiringKeys = "0"] = /keys=(\d+),expires=(\d+)/.exec(field(`db${database}`)) ?? [];
  return {
    usedBytes: Number(field("used_memory")),
    maxBytes: Number(field("maxmemory")),
    policy: field("maxmemory_policy"),
    appendOnly: field("aof_enabled") === "1",
    keys: Number(keys),
    expiringKeys: Number(expiringKeys),
  };
}

function worse(a: StoreMemory, b: StoreMemory): StoreMemory {
  const fullness = ({ usedBytes, maxBytes }: StoreMemory): number =>
    maxBytes === 0 ? 0 : usedBytes / maxBytes;
  const fuller = fullness(b) > fullness(a) ? b : a;
  const policy = [a, b].find((one) => one.policy.startsWith("volatile-"))?.policy ?? fuller.policy;
  return {
    ...fuller,
    policy,
    appendOnly: a.appendOnly && b.appendOnly,
    keys: a.keys + b.keys,
    expiringKeys: a.expiringKeys + b.expiringKeys,
  };
}

import {
  foreignNeedsHash,
  isId,
  isTerminal,
  jobKeys,
  jobRef,
  OWN_KEYS,
  parseKeyInTenant,
  readForeignValue,
  REMOVED_TEXT,
  statusKey,
  type ActiveList,
  type EndedJob,
  type JobRef,
  type StatusReader,
  type StoredSnapshot,
} from "@statusplane/core";
import { type StatusStoreSettings, storedSnapshot } from "@statusplane/core/status-store";
import { isCluster } from "../connections/redis-connector.ts";
import { getFromCluster } from "./cluster-reads.ts";
import { ForeignListing } from "./foreign-listing.ts";
import type { RedisRequests } from "./redis-requests.ts";
import type { ActivePage, RedisTenantLists } from "./redis-tenant-lists.ts";
import { noneIfOfAnotherType } from "./store-error.ts";
import { TurnBatch } from "./turn-batch.ts";

/** Keys of one MGET: more are split, so that no single command holds Redis up. */
const MAX_KEYS_PER_READ = 500;
/** Ended jobs may still be on an active list: so many more are read than asked for. */
const ACTIVE_SLACK = 20;
/** Pages of an active list that are read to fill one answer. */
const MAX_ACTIVE_PAGES = 5;

export interface RedisReaderParts {
  readonly requests: RedisRequests;
  readonly lists: RedisTenantLists;
  readonly cluster: boolean;
  readonly settings: StatusStoreSettings;
}

/**
 * Reads of one event-loop turn are one MGET; in Cluster, the pipelined GETs of one turn per node, where a node that does
 * not answer fails only what was asked of it.
 */
export class RedisStatusReader implements StatusReader {
  readonly #parts: RedisReaderParts;
  readonly #foreignListing: ForeignListing;
  readonly #snapshots = new TurnBatch<JobRef, StoredSnapshot | null>({
    fetch: (refs, keys) => this.#fetchSnapshots(refs, keys),
    maxItems: MAX_KEYS_PER_READ,
  });
  /** Only for values of other programs. */
  readonly #hashes = new TurnBatch<JobRef, Readonly<Record<string, string>> | null>({
    fetch: (_refs, keys) => this.#fetchHashes(keys),
    maxItems: MAX_KEYS_PER_READ,
  });

  constructor(parts: RedisReaderParts) {
    this.#parts = parts;
    this.#foreignListing = new ForeignListing(parts.lists, parts.settings.timings.relistEveryMs);
  }

  /** @throws {store_unavailable} */
  read(ref: JobRef): Promise<StoredSnapshot | null> {
    return this.#snapshots.get(statusKey(ref, this.#parts.cluster), ref);
  }

  /** @throws {store_unavailable} when Redis, or in Cluster any node concerned, does not answer. */
  readMany(refs: readonly JobRef[]): Promise<readonly (StoredSnapshot | null)[]> {
    return Promise.all(refs.map((ref) => this.read(ref)));
  }

  /** @throws {store_unavailable} */
  readResult(ref: JobRef): Promise<string | null> {
    const { result } = jobKeys(ref, this.#parts.cluster);
    return this.#parts.requests.call((client) => client.get(result).catch(noneIfOfAnotherType));
  }

  /** @throws {store_unavailable} */
  async readActive(tenant: string, limit: number): Promise<ActiveList> {
    const { lists } = this.#parts;
    const live: StoredSnapshot[] = [];
    const count = limit + ACTIVE_SLACK;
    let looked = 0;
    let total = 0;
    for (let page = 0; page < MAX_ACTIVE_PAGES && live.length < limit; page++) {
      const { members, total: onList } = await lists.activePage(tenant, looked, count);
      total = onList;
      looked += members.length;
      const gone = await this.#sortOut(tenant, members, live);
      lists.drop(tenant, gone);
      if (members.length < count) break;
    }
    return {
      snapshots: live.slice(0, limit),
      more: Math.max(0, live.length - limit) + Math.max(0, total - looked),
    };
  }

  /** @throws {store_unavailable} */
  readEnded(tenant: string): Promise<readonly EndedJob[]> {
    return this.#parts.lists.readEnded(tenant);
  }

  /** @throws {store_unavailable} */
  async readUnready(jobTypes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (jobTypes.length === 0) return new Map();
    const keys = jobTypes.map((jobType) => OWN_KEYS.unready(jobType));
    const texts = await this.#texts(keys);
    const reasons = await Promise.all(texts.map(async (text) => text));
    return new Map(
      jobTypes.flatMap((jobType, i) => (reasons[i] == null ? [] : [[jobType, reasons[i]] as const])),
    );
  }

  /** Adds a page's live snapshots to `live` and answers the members that are not live. */
  async #sortOut(
    tenant: string,
    members: ActivePage["members"],
    live: StoredSnapshot[],
  ): Promise<ActivePage["members"]> {
    const snapshots = await Promise.all(
      members.map(async ({ member }) => {
        const parsed = parseKeyInTenant(member);
        return parsed === null || !isId(parsed.id) ? null : this.read(jobRef(tenant, parsed.kind, parsed.id));
      }),
    );
    return members.filter((_, i) => {
      const snapshot = snapshots[i] ?? null;
      const isLive = snapshot !== null && !isTerminal(snapshot.status);
      if (isLive) live.push(snapshot);
      return !isLive;
    });
  }

  async #fetchSnapshots(
    refs: readonly JobRef[],
    keys: readonly string[],
  ): Promise<(StoredSnapshot | null | Promise<StoredSnapshot | null>)[]> {
    const texts = await this.#texts(keys);
    return refs.map((ref, i) => {
      const text = texts[i] ?? null;
      return text instanceof Promise
        ? text.then((one) => this.#snapshot(ref, one))
        : this.#snapshot(ref, text);
    });
  }

  async #texts(keys: readonly string[]): Promise<readonly (string | null | Promise<string | null>)[]> {
    const { requests, cluster } = this.#parts;
    if (!cluster) return requests.call((client) => client.mget([...keys]));
    return requests.each((client) =>
      (isCluster(client) ? getFromCluster(client, keys) : keys.map((key) => client.get(key))).map((answer) =>
        answer.catch(noneIfOfAnotherType),
      ),
    );
  }

  #snapshot(ref: JobRef, text: string | null): StoredSnapshot | null | Promise<StoredSnapshot | null> {
    return text === null || text === REMOVED_TEXT
      ? null
      : (storedSnapshot(ref, text) ?? this.#foreign(ref, text));
  }

  /** A value that another program wrote; null when it says nothing we know. */
  async #foreign(ref: JobRef, text: string): Promise<StoredSnapshot | null> {
    this.#parts.settings.counters.onForeignRead?.();
    const hash = foreignNeedsHash(text)
      ? await this.#hashes.get(jobKeys(ref, this.#parts.cluster).progress, ref)
      : null;
    const value = readForeignValue(ref, text, hash);
    if (value === null) return null;
    if (!isTerminal(value.head.status)) this.#foreignListing.seen(ref);
    return { ref, ...value.head, text: value.text, etag: value.etag };
  }

  async #fetchHashes(keys: readonly string[]): Promise<(Readonly<Record<string, string>> | null)[]> {
    const hashes = await this.#parts.requests.call((client) =>
      Promise.all(keys.map((key) => client.hgetall(key).catch(noneIfOfAnotherType))),
    );
    return hashes.map((hash) => (hash === null || Object.keys(hash).length === 0 ? null : hash));
  }
}

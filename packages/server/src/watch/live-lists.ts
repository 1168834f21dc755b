import {
  faultFields,
  isNews,
  isTerminal,
  pause,
  refKey,
  systemClock,
  type EndedJob,
  type StatusFeed,
  type StatusReader,
  type StoredSnapshot,
  type Subscription,
  type TenantLists,
  type Unsubscribe,
} from "@statusplane/core";
import { liveListBody, type LiveListBody } from "@statusplane/core/wire";
import type { FastifyBaseLogger } from "fastify";
import type { Channel, Form } from "./channel.ts";

/** A tenant's list with its bytes, made once for all connections of a form. */
export class FramedList {
  /** Of every job that it names. */
  readonly keys: ReadonlySet<string>;
  readonly #body: LiveListBody;
  readonly #bytes = new Map<Form, Buffer>();

  constructor(body: LiveListBody, keys: ReadonlySet<string>) {
    this.#body = body;
    this.keys = keys;
  }

  /** Whether it says the same, in the same order. */
  isSame(other: FramedList): boolean {
    return JSON.stringify(this.#body) === JSON.stringify(other.#body);
  }

  bytesFor(channel: Channel): Buffer {
    const known = this.#bytes.get(channel.form);
    if (known !== undefined) return known;
    const made = channel.eventBytes("list", this.#body);
    this.#bytes.set(channel.form, made);
    return made;
  }
}

/** Whoever sees a tenant's list. */
export interface ListViewer {
  readonly tell: (snapshot: StoredSnapshot) => void;
  tellList(list: FramedList): void;
}

export interface LiveListsOptions {
  readonly feed: StatusFeed;
  readonly reader: Pick<StatusReader, "readMany" | "readUnready">;
  /** Job types whose workers may be missing, told in `waiting`. */
  readonly jobTypes: readonly string[];
  /** How often it is looked whether a job type's workers are there, ms. */
  readonly rereadMs: number;
  readonly log: Pick<FastifyBaseLogger, "warn">;
}

/** What is wrong with the store is mended by asking again so much later, ms. */
const RETRY_MS = 1_000;

/**
 * What tenants have going on: per tenant and process one watcher of its lists and one subscription of what is live, shared
 * by everybody who looks, for as long as somebody does.
 */
export class LiveLists {
  readonly #options: LiveListsOptions;
  readonly #tenants = new Map<string, TenantLive>();
  #waiting: ReadonlyMap<string, string> = new Map();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveListsOptions) {
    this.#options = options;
  }

  /**
   * Tells the viewer every snapshot that the list names, now and whenever one is news, and the list whenever it changes.
   * @returns how to leave.
   * @throws {store_unavailable}
   */
  async join(tenant: string, viewer: ListViewer): Promise<Unsubscribe> {
    const live = this.#tenants.get(tenant) ?? this.#open(tenant);
    live.users += 1;
    const leave = async (): Promise<void> => {
      live.viewers.delete(viewer);
      live.users -= 1;
      if (live.users > 0) return;
      if (this.#tenants.get(tenant) === live) this.#tenants.delete(tenant);
      if (this.#tenants.size === 0) clearInterval(this.#timer);
      await live.close();
    };
    try {
      await live.opening;
    } catch (error) {
      if (this.#tenants.get(tenant) === live) this.#tenants.delete(tenant); // the next one asks anew
      await leave();
      throw error;
    }
    live.viewers.add(viewer);
    for (const snapshot of live.snapshots.values()) viewer.tell(snapshot);
    return leave;
  }

  /** The list as it is; null: nobody has joined this tenant's. */
  newest(tenant: string): FramedList | null {
    return this.#tenants.get(tenant)?.list ?? null;
  }

  #open(tenant: string): TenantLive {
    const live = new TenantLive(tenant, this.#options, () => this.#readWaiting());
    if (this.#tenants.size === 0) {
      this.#timer = setInterval(() => void this.#lookForWorkers(), this.#options.rereadMs);
      this.#timer.unref();
    }
    this.#tenants.set(tenant, live);
    return live;
  }

  async #readWaiting(): Promise<ReadonlyMap<string, string>> {
    this.#waiting = await this.#options.reader.readUnready(this.#options.jobTypes);
    return this.#waiting;
  }

  /** No list changes when a worker comes or goes. */
  async #lookForWorkers(): Promise<void> {
    const before = this.#waiting;
    try {
      const now = await this.#readWaiting();
      const isSame = now.size === before.size && [...now].every(([type, why]) => before.get(type) === why);
      if (!isSame) for (const live of this.#tenants.values()) live.refresh();
    } catch (error) {
      this.#options.log.warn(faultFields(error), "could not look for missing workers");
    }
  }
}

class TenantLive {
  /** Whoever has joined or is about to. */
  users = 0;
  readonly viewers = new Set<ListViewer>();
  /** The newest of every job that the list names. */
  readonly snapshots = new Map<string, StoredSnapshot>();
  list: FramedList | null = null;
  readonly opening: Promise<void>;
  readonly #options: LiveListsOptions;
  readonly #readWaiting: () => Promise<ReadonlyMap<string, string>>;
  /** When each named end was, as its snapshot was read for. */
  readonly #ends = new Map<string, number>();
  #subscription: Subscription | null = null;
  #unwatch: Unsubscribe | null = null;
  #newest: TenantLists | null = null;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    tenant: string,
    options: LiveListsOptions,
    readWaiting: () => Promise<ReadonlyMap<string, string>>,
  ) {
    this.#options = options;
    this.#readWaiting = readWaiting;
    this.opening = this.#open(tenant);
  }

  /** Works the list out again. */
  refresh(): void {
    const { log } = this.#options;
    const lists = this.#newest;
    if (lists === null || this.list === null) return; // who opens it works it out
    this.#turn = this.#turn
      .then(() => (lists === this.#newest ? this.#apply(lists) : undefined))
      .catch(async (error: unknown) => {
        log.warn(faultFields(error), "could not read what a tenant's list names");
        await pause(systemClock, RETRY_MS);
        this.refresh();
      });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.opening.catch(() => undefined); // told to those who joined
    await Promise.allSettled([this.#unwatch?.(), this.#subscription?.close()]);
  }

  async #open(tenant: string): Promise<void> {
    const { feed } = this.#options;
    this.#subscription = await feed.subscribe([], (snapshot) => this.#take(snapshot));
    this.#unwatch = await feed.watchLists(tenant, (lists) => {
      this.#newest = lists;
      this.refresh();
    });
    const first = this.#newest;
    if (first !== null) await this.#apply(first);
    if (this.#newest !== first) this.refresh(); // what changed meanwhile
  }

  async #apply(lists: TenantLists): Promise<void> {
    if (this.#closed) return;
    const refs = lists.active.snapshots.map(({ ref }) => ref);
    await this.#subscription?.watch(refs);
    const [ended, waiting] = await Promise.all([this.#readEnds(lists.ended), this.#readWaiting()]);
    const live = refs.filter((ref) => {
      const snapshot = this.snapshots.get(refKey(ref));
      return snapshot !== undefined && !isTerminal(snapshot.status);
    });
    const keys = new Set([...live, ...ended.map(({ ref }) => ref)].map(refKey));
    for (const key of this.snapshots.keys()) if (!keys.has(key)) this.snapshots.delete(key);
    const { more } = lists.active;
    const list = new FramedList(liveListBody({ live, ended, more, waiting }), keys);
    if (this.list?.isSame(list) === true) return;
    this.list = list;
    for (const viewer of this.viewers) viewer.tellList(list);
  }

  /** Has the snapshots of what ended read that are not known, and leaves out what has none any more. */
  async #readEnds(ended: readonly EndedJob[]): Promise<readonly EndedJob[]> {
    const isKnown = ({ ref, endedAtMs }: EndedJob): boolean => {
      const snapshot = this.snapshots.get(refKey(ref));
      if (snapshot === undefined || !isTerminal(snapshot.status)) return false;
      const readFor = this.#ends.get(refKey(ref));
      return readFor === undefined || readFor === endedAtMs; // undefined: its end was pushed
    };
    const unknown = ended.filter((each) => !isKnown(each)).map(({ ref }) => ref);
    const found = unknown.length === 0 ? [] : await this.#options.reader.readMany(unknown);
    for (const snapshot of found) if (snapshot !== null) this.#take(snapshot);
    this.#ends.clear();
    for (const { ref, endedAtMs } of ended) this.#ends.set(refKey(ref), endedAtMs);
    return ended.filter(({ ref }) => {
      const snapshot = this.snapshots.get(refKey(ref));
      return snapshot !== undefined && isTerminal(snapshot.status);
    });
  }

  #take(snapshot: StoredSnapshot): void {
    const key = refKey(snapshot.ref);
    const known = this.snapshots.get(key);
    if (known !== undefined && !isNews(known, snapshot)) return;
    this.snapshots.set(key, snapshot);
    for (const viewer of this.viewers) viewer.tell(snapshot);
  }
}

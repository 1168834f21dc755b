import { faultFields } from "../fault-fields.ts";
import { isNews, type SeenSnapshot } from "../snapshot-order.ts";
import { refKey, type JobRef } from "../job-ref.ts";
import type {
  StatusFeed,
  StatusReader,
  StoredSnapshot,
  Subscription,
  TenantLists,
  Unsubscribe,
} from "../status-store-ports.ts";
import { callListener } from "./call-listener.ts";
import { ListsHub, type ListsSource } from "./lists-hub.ts";
import type { StatusStoreLog } from "./status-store-options.ts";

/** A timer as Node and browsers have it; only Node's would hold its process. */
interface Timer {
  unref?(): void;
}
declare function setTimeout(callback: () => void, delayMs: number): Timer;
declare function clearTimeout(timer: Timer | undefined): void;
declare function setInterval(callback: () => void, everyMs: number): Timer;
declare function clearInterval(timer: Timer | undefined): void;

/** Where a hub hears of new snapshots, and of changed lists. */
export interface FeedSource extends ListsSource {
  /** Resolves when every snapshot written from now on will be heard, unless the connection fails. */
  listen(ref: JobRef, hear: (snapshot: StoredSnapshot) => void): Promise<Unsubscribe>;
  readonly readMany: StatusReader["readMany"];
}

export interface FeedHubOptions {
  /** Everything watched is read again this often, in ms; 0: never, the source loses nothing. */
  readonly rereadMs: number;
  /** A tenant's lists are read at most this often, in ms. */
  readonly listEveryMs: number;
  readonly log: StatusStoreLog;
}

/** A re-read that failed is repeated after so long, in ms, then ever later. */
const FIRST_RETRY_MS = 250;

interface Watched {
  readonly ref: JobRef;
  /** What each was told last of it; null: nothing yet. It lies here, for a map in each subscription would be one per viewer. */
  readonly subscriptions: Map<HubSubscription, SeenSnapshot | null>;
  readonly listening: Promise<Unsubscribe>;
}

/**
 * The feed of both adapters: one source for all subscriptions of a process. Each subscription remembers the newest
 * snapshot it told per job, and tells only what is newer: messages, first reads and re-reads may come in any order.
 */
export class FeedHub implements StatusFeed {
  readonly #source: FeedSource;
  readonly #options: FeedHubOptions;
  readonly #lists: ListsHub;
  readonly #watched = new Map<string, Watched>();
  #timer: Timer | undefined;
  #rereading: Promise<void> | undefined;
  #nextReread: Promise<void> | undefined;
  #retry: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(source: FeedSource, options: FeedHubOptions) {
    this.#source = source;
    this.#options = options;
    this.#lists = new ListsHub(source, options);
  }

  /** @throws {store_unavailable} when the subscription or the first read fails; nothing is watched then. */
  async subscribe(
    refs: readonly JobRef[],
    listener: (snapshot: StoredSnapshot) => void,
  ): Promise<Subscription> {
    const subscription = new HubSubscription(this, listener, this.#options.log);
    try {
      await subscription.watch(refs);
    } catch (error) {
      await subscription.close();
      throw error;
    }
    return subscription;
  }

  /** @throws {store_unavailable} when the subscription or the first read fails; nothing is watched then. */
  watchLists(tenant: string, listener: (lists: TenantLists) => void): Promise<Unsubscribe> {
    return this.#lists.watch(tenant, listener);
  }

  /** A connection was lost and is there again: everything watched is read again, the lists too. */
  resubscribed(): void {
    this.#lists.reread();
    void this.reread();
  }

  /**
   * Reads every watched job again, from now on, and tells what is newer. Never rejects: one that fails is repeated, and
   * the next one makes up for it.
   */
  reread(): Promise<void> {
    const before = this.#rereading;
    if (before !== undefined) {
      this.#nextReread ??= before.then(() => {
        this.#nextReread = undefined;
        return this.reread();
      });
      return this.#nextReread;
    }
    this.#rereading = this.#rereadAll().finally(() => {
      this.#rereading = undefined;
    });
    return this.#rereading;
  }

  /** Forgets all subscriptions. */
  close(): void {
    this.#lists.close();
    clearTimeout(this.#retry);
    for (const { subscriptions } of [...this.#watched.values()]) {
      for (const subscription of [...subscriptions.keys()]) void subscription.close();
    }
  }

  /** Adds a subscription to a job's; resolves when the source listens. */
  async join(subscription: HubSubscription, ref: JobRef): Promise<void> {
    const key = refKey(ref);
    let watched = this.#watched.get(key);
    if (watched === undefined) {
      const fresh: Watched = {
        ref,
        subscriptions: new Map(),
        listening: this.#source.listen(ref, (snapshot) => this.#tell(key, snapshot)),
      };
      watched = fresh;
      this.#watched.set(key, fresh);
      this.#startTimer();
    }
    watched.subscriptions.set(subscription, null);
    await watched.listening;
  }

  /** Takes a subscription off a job; the last one ends the listening. */
  leave(subscription: HubSubscription, key: string): void {
    const watched = this.#watched.get(key);
    if (watched === undefined || !watched.subscriptions.delete(subscription)) return;
    if (watched.subscriptions.size > 0) return;
    this.#watched.delete(key);
    if (this.#watched.size === 0) this.#stopTimer();
    watched.listening
      .then((unlisten) => unlisten())
      .catch((error: unknown) =>
        this.#options.log.warn({ ...faultFields(error), key }, "could not end listening to a job"),
      );
  }

  /** The present snapshots, in the order of the refs. */
  readMany(refs: readonly JobRef[]): Promise<readonly (StoredSnapshot | null)[]> {
    return this.#source.readMany(refs);
  }

  async #rereadAll(): Promise<void> {
    clearTimeout(this.#retry);
    try {
      const refs = Array.from(this.#watched.values(), ({ ref }) => ref);
      for (const snapshot of await this.#source.readMany(refs)) {
        if (snapshot !== null) this.#tell(refKey(snapshot.ref), snapshot);
      }
      this.#retryMs = FIRST_RETRY_MS;
    } catch (error) {
      this.#options.log.warn(faultFields(error), "could not read again what is watched");
      this.#rereadLater();
    }
  }

  #rereadLater(): void {
    if (this.#watched.size === 0) return;
    this.#retry = setTimeout(() => void this.reread(), this.#retryMs);
    this.#retry.unref?.();
    this.#retryMs = Math.min(this.#options.rereadMs, this.#retryMs * 2);
  }

  /** Tells a subscription what it has read, if it watches that still and was told nothing newer. */
  tellRead(subscription: HubSubscription, snapshot: StoredSnapshot): void {
    const subscriptions = this.#watched.get(refKey(snapshot.ref))?.subscriptions;
    const told = subscriptions?.get(subscription);
    if (told === undefined || !isNews(told, snapshot)) return;
    subscriptions?.set(subscription, seenOf(snapshot));
    subscription.hear(snapshot);
  }

  #tell(key: string, snapshot: StoredSnapshot): void {
    const subscriptions = this.#watched.get(key)?.subscriptions;
    if (subscriptions === undefined) return;
    const seen = seenOf(snapshot); // one for all: thousands may watch it
    for (const [subscription, told] of subscriptions) {
      if (!isNews(told, snapshot)) continue;
      subscriptions.set(subscription, seen);
      subscription.hear(snapshot);
    }
  }

  #startTimer(): void {
    if (this.#timer !== undefined || this.#options.rereadMs === 0) return;
    this.#timer = setInterval(() => void this.reread(), this.#options.rereadMs);
    this.#timer.unref?.();
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

class HubSubscription implements Subscription {
  readonly #hub: FeedHub;
  readonly #listener: (snapshot: StoredSnapshot) => void;
  readonly #log: StatusStoreLog;
  /** Ref keys. */
  #watched: readonly string[] = [];
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(hub: FeedHub, listener: (snapshot: StoredSnapshot) => void, log: StatusStoreLog) {
    this.#hub = hub;
    this.#listener = listener;
    this.#log = log;
  }

  /** Changes come one after another; a failed one leaves what was watched before and still is. */
  watch(refs: readonly JobRef[]): Promise<void> {
    const turn = this.#turn.then(() => this.#change(refs));
    this.#turn = turn.catch(() => undefined); // told to the caller of that turn
    return turn;
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#drop(this.#watched);
    return Promise.resolve();
  }

  hear(snapshot: StoredSnapshot): void {
    callListener(this.#log, () => this.#listener(snapshot));
  }

  async #change(refs: readonly JobRef[]): Promise<void> {
    if (this.#closed) return;
    const wanted = new Map(refs.map((ref) => [refKey(ref), ref]));
    this.#drop(this.#watched.filter((key) => !wanted.has(key)));
    const before = new Set(this.#watched);
    const added = [...wanted].filter(([key]) => !before.has(key));
    if (added.length === 0) return;
    const keys = added.map(([key]) => key);
    this.#watched = this.#watched.concat(keys);
    try {
      await everyOne(added.map(([, ref]) => this.#hub.join(this, ref)));
      const snapshots = await this.#hub.readMany(added.map(([, ref]) => ref));
      for (const snapshot of snapshots) if (snapshot !== null) this.#hub.tellRead(this, snapshot);
    } catch (error) {
      this.#drop(keys);
      throw error;
    }
  }

  #drop(keys: readonly string[]): void {
    const dropped = new Set(keys);
    this.#watched = this.#watched.filter((key) => !dropped.has(key));
    for (const key of dropped) this.#hub.leave(this, key);
  }
}

/** What is remembered of it: without its text. */
function seenOf({ attempt, version, etag }: StoredSnapshot): SeenSnapshot {
  return { attempt, version, etag };
}

/** Waits for all to settle, so that nothing is under way when the first error is thrown. */
async function everyOne(work: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}

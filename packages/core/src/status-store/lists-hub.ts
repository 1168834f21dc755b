import { systemClock } from "../clock.ts";
import { faultFields } from "../fault-fields.ts";
import type { TenantLists, Unsubscribe } from "../status-store-ports.ts";
import { listsIdentity } from "../tenant-lists.ts";
import { PacedReads } from "./paced-reads.ts";
import type { StatusStoreLog } from "./status-store-options.ts";
import { Watchers } from "./watchers.ts";

/** Where a hub hears that a tenant's lists have changed, and reads them. */
export interface ListsSource {
  /** Resolves when every change from now on will be heard, unless the connection fails. */
  listenLists(tenant: string, hear: () => void): Promise<Unsubscribe>;
  readLists(tenant: string): Promise<TenantLists>;
}

export interface ListsHubOptions {
  /** A tenant's lists are read again this often, in ms; 0: never, the source loses nothing. */
  readonly rereadMs: number;
  /** They are read at most this often, in ms, however many changes are heard. */
  readonly listEveryMs: number;
  readonly log: StatusStoreLog;
}

/** The tenants' lists for all watchers of a process: one watch per tenant, begun by its first watcher. */
export class ListsHub {
  readonly #source: ListsSource;
  readonly #options: ListsHubOptions;
  readonly #watches = new Map<string, ListsWatch>();

  constructor(source: ListsSource, options: ListsHubOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** @throws {store_unavailable} when the subscription or the first read fails; nothing is watched then. */
  async watch(tenant: string, listener: (lists: TenantLists) => void): Promise<Unsubscribe> {
    let watch = this.#watches.get(tenant);
    if (watch === undefined) {
      const fresh = new ListsWatch(this.#source, tenant, {
        ...this.#options,
        ended: () => {
          if (this.#watches.get(tenant) === fresh) this.#watches.delete(tenant);
        },
      });
      watch = fresh;
      this.#watches.set(tenant, fresh);
    }
    return watch.join(listener);
  }

  /** Changes may have been missed: reads the lists of every watched tenant again. */
  reread(): void {
    for (const watch of this.#watches.values()) watch.changed();
  }

  /** Forgets all watchers. */
  close(): void {
    for (const watch of [...this.#watches.values()]) watch.end();
  }
}

interface ListsWatchOptions extends ListsHubOptions {
  readonly ended: () => void;
}

interface ReadLists {
  readonly lists: TenantLists;
  readonly identity: string;
  /** When their reading began. */
  readonly atMs: number;
}

/** One tenant's lists. A change that is heard becomes a read, and a read that differs from the last one is told. */
class ListsWatch {
  readonly #source: ListsSource;
  readonly #tenant: string;
  readonly #options: ListsWatchOptions;
  readonly #reads: PacedReads;
  readonly #watchers: Watchers<TenantLists>;
  #last: ReadLists | null = null;

  constructor(source: ListsSource, tenant: string, options: ListsWatchOptions) {
    this.#source = source;
    this.#tenant = tenant;
    this.#options = options;
    const { rereadMs, listEveryMs: everyMs, log } = options;
    this.#reads = new PacedReads({
      ...{ everyMs, rereadMs, longestRetryMs: rereadMs },
      read: () => this.#read(),
      onFailure: (error) => this.#warn(error, "could not read a tenant's lists; they are read again"),
    });
    this.#watchers = new Watchers({
      listening: source.listenLists(tenant, () => this.changed()),
      // Read for whoever comes, or so lately that it would be read for nobody.
      ready: async () => (this.#isFresh ? undefined : this.#reads.now()),
      present: () => this.#last?.lists ?? null,
      onEnd: () => {
        this.#reads.end();
        options.ended();
      },
      onUnlistenFailed: (error) => this.#warn(error, "could not end listening to a tenant's lists"),
      log,
    });
  }

  /** Tells the listener what is there now, and what changes. */
  join(listener: (lists: TenantLists) => void): Promise<Unsubscribe> {
    return this.#watchers.join(listener);
  }

  /** Something has changed, or may have. */
  changed(): void {
    this.#reads.soon();
  }

  end(): void {
    this.#watchers.end();
  }

  get #isFresh(): boolean {
    return this.#last !== null && systemClock.nowMs() - this.#last.atMs < this.#options.listEveryMs;
  }

  async #read(): Promise<void> {
    const atMs = systemClock.nowMs();
    const lists = await this.#source.readLists(this.#tenant);
    const before = this.#last;
    this.#last = { lists, identity: listsIdentity(lists), atMs };
    if (this.#last.identity !== before?.identity) this.#watchers.tell(lists);
  }

  #warn(error: unknown, message: string): void {
    this.#options.log.warn({ ...faultFields(error), tenant: this.#tenant }, message);
  }
}

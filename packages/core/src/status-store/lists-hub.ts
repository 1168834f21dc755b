import { systemClock } from "../clock.ts";
import { faultFields } from "../fault-fields.ts";
import type { TenantLists, Unsubscribe } from "../status-store-ports.ts";
import { listsIdentity } from "../tenant-lists.ts";
import { callListener } from "./call-listener.ts";
import type { StatusStoreLog } from "./status-store-options.ts";

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

/** A read that failed is repeated after so long, in ms, then ever later. */
const FIRST_RETRY_MS = 250;

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

/**
 * One tenant's lists. A change that is heard becomes a read, and a read that differs from the last one is told:
 *
 * ```
 * idle ──heard, or rereadMs are over──▶ due (listEveryMs after the last read began) ──▶ reading ──▶ idle
 *                                        ▲                                                 │
 *                                        └──── heard meanwhile, or failed: a little later ─┘
 * ```
 */
class ListsWatch {
  readonly #source: ListsSource;
  readonly #tenant: string;
  readonly #options: ListsWatchOptions;
  /** Who is told, and who waits to be told first. */
  readonly #listeners = new Set<(lists: TenantLists) => void>();
  #joining = 0;
  readonly #listening: Promise<Unsubscribe>;
  #last: ReadLists | null = null;
  /** When the last read began. */
  #readAtMs = -Infinity;
  #reading: Promise<void> | undefined;
  #heardMeanwhile = false;
  #failures = 0;
  /** The read that is due next; null: none. */
  #due: { readonly atMs: number; readonly cancel: () => void } | null = null;
  #ended = false;

  constructor(source: ListsSource, tenant: string, options: ListsWatchOptions) {
    this.#source = source;
    this.#tenant = tenant;
    this.#options = options;
    this.#listening = source.listenLists(tenant, () => this.changed());
  }

  /** Tells the listener what is there now: read for it, or so lately that it would be read for nobody. */
  async join(listener: (lists: TenantLists) => void): Promise<Unsubscribe> {
    this.#joining += 1;
    try {
      await this.#listening;
      if (!this.#isFresh) await this.#read();
    } catch (error) {
      this.#joining -= 1;
      this.#endUnlessWatched();
      throw error;
    }
    this.#joining -= 1;
    const own = (lists: TenantLists): void => callListener(this.#options.log, () => listener(lists));
    if (!this.#ended && this.#last !== null) {
      this.#listeners.add(own);
      own(this.#last.lists);
    }
    return () => {
      this.#listeners.delete(own);
      this.#endUnlessWatched();
      return Promise.resolve();
    };
  }

  /** Something has changed, or may have. */
  changed(): void {
    if (this.#reading === undefined) this.#readSoon();
    else this.#heardMeanwhile = true;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelDue();
    this.#listeners.clear();
    this.#options.ended();
    this.#listening
      .then(
        (unlisten) => unlisten(),
        () => undefined, // it never listened: told to whoever wanted to watch
      )
      .catch((error: unknown) => this.#warn(error, "could not end listening to a tenant's lists"));
  }

  get #isFresh(): boolean {
    return this.#last !== null && systemClock.nowMs() - this.#last.atMs < this.#options.listEveryMs;
  }

  #endUnlessWatched(): void {
    if (this.#listeners.size === 0 && this.#joining === 0) this.end();
  }

  #readSoon(): void {
    this.#readAt(this.#readAtMs + this.#options.listEveryMs);
  }

  /** Only what is due earlier takes the place of what is due: a steady flow of changes must not put the read off. */
  #readAt(atMs: number): void {
    if (this.#ended || (this.#due !== null && this.#due.atMs <= atMs)) return;
    this.#cancelDue();
    const cancel = systemClock.after(Math.max(0, atMs - systemClock.nowMs()), () => {
      this.#due = null;
      this.#read().catch(() => undefined); // logged and repeated where it failed
    });
    this.#due = { atMs, cancel };
  }

  #cancelDue(): void {
    this.#due?.cancel();
    this.#due = null;
  }

  /** The read that is under way, or a new one. */
  #read(): Promise<void> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
      const { rereadMs } = this.#options;
      if (this.#failures > 0) this.#readAt(systemClock.nowMs() + this.#retryMs());
      else if (this.#heardMeanwhile) this.#readSoon();
      else if (rereadMs > 0) this.#readAt(systemClock.nowMs() + rereadMs);
      this.#heardMeanwhile = false;
    });
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    this.#cancelDue();
    const atMs = (this.#readAtMs = systemClock.nowMs());
    try {
      const lists = await this.#source.readLists(this.#tenant);
      this.#failures = 0;
      this.#tell({ lists, identity: listsIdentity(lists), atMs });
    } catch (error) {
      this.#failures += 1;
      if (this.#failures === 1) this.#warn(error, "could not read a tenant's lists; they are read again");
      throw error;
    }
  }

  #tell(read: ReadLists): void {
    const isNews = read.identity !== this.#last?.identity;
    this.#last = read;
    if (isNews) for (const listener of [...this.#listeners]) listener(read.lists);
  }

  #retryMs(): number {
    const longestMs = Math.max(FIRST_RETRY_MS, this.#options.rereadMs);
    return Math.min(longestMs, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
  }

  #warn(error: unknown, message: string): void {
    this.#options.log.warn({ ...faultFields(error), tenant: this.#tenant }, message);
  }
}

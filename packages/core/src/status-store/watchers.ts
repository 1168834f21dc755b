import type { Unsubscribe } from "../status-store-ports.ts";
import { callListener } from "./call-listener.ts";
import type { StatusStoreLog } from "./status-store-options.ts";

export interface WatchersOptions<News> {
  /** Resolves when every change from now on will be heard. */
  readonly listening: Promise<Unsubscribe>;
  /** Resolves when what is there can be told. */
  readonly ready: () => Promise<void>;
  /** What is there, for one who has just come; null: nothing. */
  readonly present: () => News | null;
  /** Nobody watches any more. */
  readonly onEnd: () => void;
  readonly onUnlistenFailed: (error: unknown) => void;
  readonly log: StatusStoreLog;
}

/** All who watch one thing: each is told first what is there, and whoever leaves last ends the listening. */
export class Watchers<News> {
  readonly #options: WatchersOptions<News>;
  readonly #listeners = new Set<(news: News) => void>();
  /** How many wait to be told first. */
  #joining = 0;
  #ended = false;

  constructor(options: WatchersOptions<News>) {
    this.#options = options;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** @throws {store_unavailable} when it cannot be listened to, or read; nobody is added then. */
  async join(listener: (news: News) => void): Promise<Unsubscribe> {
    const { listening, ready, present, log } = this.#options;
    this.#joining += 1;
    try {
      await listening;
      await ready();
    } catch (error) {
      this.#joining -= 1;
      this.#endUnlessWatched();
      throw error;
    }
    this.#joining -= 1;
    const own = (news: News): void => callListener(log, () => listener(news));
    if (!this.#ended) {
      this.#listeners.add(own);
      const first = present();
      if (first !== null) own(first);
    }
    return () => {
      this.#listeners.delete(own);
      this.#endUnlessWatched();
      return Promise.resolve();
    };
  }

  tell(news: News): void {
    for (const listener of [...this.#listeners]) listener(news);
  }

  /** Forgets all. A second end does nothing. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#listeners.clear();
    const { listening, onEnd, onUnlistenFailed } = this.#options;
    onEnd();
    listening
      .then(
        (unlisten) => unlisten(),
        () => undefined, // it never listened: told to whoever wanted to watch
      )
      .catch(onUnlistenFailed);
  }

  #endUnlessWatched(): void {
    if (this.#listeners.size === 0 && this.#joining === 0) this.end();
  }
}

import type { Unsubscribe } from "@statusplane/core";
import { callListener, type StatusStoreLog } from "@statusplane/core/status-store";

/** Publish and subscribe within the process. Listeners are called after the publisher's turn, in order. */
export class MemoryChannels<T> {
  readonly #log: StatusStoreLog;
  readonly #listeners = new Map<string, Set<(message: T) => void>>();

  constructor(log: StatusStoreLog) {
    this.#log = log;
  }

  listen(channel: string, listener: (message: T) => void): Unsubscribe {
    let listeners = this.#listeners.get(channel);
    if (listeners === undefined) this.#listeners.set(channel, (listeners = new Set<(message: T) => void>()));
    const own = (message: T): void => callListener(this.#log, () => listener(message));
    listeners.add(own);
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(channel) === listeners) this.#listeners.delete(channel);
      return Promise.resolve();
    };
  }

  publish(channel: string, message: T): void {
    if (!this.#listeners.has(channel)) return;
    queueMicrotask(() => {
      for (const listener of [...(this.#listeners.get(channel) ?? [])]) listener(message);
    });
  }
}

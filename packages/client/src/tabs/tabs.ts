import { host } from "../host.ts";
import { listen } from "../listening.ts";

/** What the tabs of a browser share: a lock that one of them holds, and a channel that all hear. */
export interface Tabs {
  /** Names this client among all of the browser. */
  newId(): string;
  /**
   * Holds the lock as long as `held` goes on: once it is free, or at once with `steal`.
   * @throws {DOMException} `AbortError` when the lock was stolen, or the signal was aborted before it was had.
   */
  lock(name: string, options: LockOptions, held: () => Promise<void>): Promise<void>;
  openChannel(name: string, onMessage: (message: unknown) => void): Channel;
  /** Calls back when the browser is about to stop the page's code: it is frozen, or left. The answer ends that. */
  onLeave(listener: () => void): () => void;
  /** Calls back when it runs again. */
  onReturn(listener: () => void): () => void;
}

/** How a lock is asked for: one of both. */
export interface LockOptions {
  readonly steal?: boolean;
  readonly signal?: AbortSignal;
}

/** Reaches every tab but this one. */
export interface Channel {
  post(message: unknown): void;
  close(): void;
}

/** The tabs of a browser; undefined where pages cannot share: plain http in a LAN, old browsers, no page at all. */
export function browserTabs(): Tabs | undefined {
  const { document, BroadcastChannel } = host;
  const locks: LockManager | undefined = host.navigator?.locks; // missing in plain http
  if (document === undefined || locks === undefined || BroadcastChannel === undefined) return undefined;
  return {
    newId: () => crypto.randomUUID(),
    lock: (name, options, held) => locks.request(name, options, held),
    openChannel(name, onMessage) {
      const channel = new BroadcastChannel(name);
      channel.addEventListener("message", ({ data }) => onMessage(data));
      return { post: (message) => channel.postMessage(message), close: () => channel.close() };
    },
    onLeave: (listener) =>
      listen(
        [
          [document, "freeze"],
          [window, "pagehide"],
        ],
        listener,
      ),
    onReturn: (listener) =>
      listen(
        [
          [document, "resume"],
          [window, "pageshow"],
        ],
        listener,
      ),
  };
}

import { host } from "./host.ts";
import { listen } from "./listening.ts";
import type { Tabs } from "./tabs/tabs.ts";

/** What the client needs of a `WebSocket`. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((message: { readonly data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

/**
 * What the client takes from the browser, so that tests drive it by hand. Times are monotonic milliseconds.
 * Default: `streamingEnvironment`, and where a client only polls {@link browserEnvironment}.
 */
export interface Environment {
  /** Monotonic milliseconds from any origin. */
  now(): number;
  /** 0 ≤ random < 1. */
  random(): number;
  /** Calls back once after `delayMs`; the answer cancels it. */
  setTimer(callback: () => void, delayMs: number): () => void;
  /** Whether a person can see the page. True where there is no page. */
  isVisible(): boolean;
  /** Whether the browser believes it has a network. */
  isOnline(): boolean;
  /** Calls back when the page becomes visible, online or shown again; the answer ends that. */
  onWake(listener: () => void): () => void;
  /** Calls back when the page is hidden; the answer ends that. Missing where no page is ever hidden. */
  onHidden?(listener: () => void): () => void;
  /**
   * Opens a WebSocket at an address of the page's origin or of another; missing where there is none.
   * @throws {Error} for an address that is none.
   */
  readonly openSocket?: ((url: string, protocols: readonly string[]) => Socket) | undefined;
  /** What the browser's tabs share; null: a page that cannot share. Missing where there is no page. */
  readonly tabs?: Tabs | null | undefined;
}

/**
 * The environment of a browser, for polling; also works where there is no document or window (a worker, a script). With
 * what streams need: `streamingEnvironment`.
 */
export function browserEnvironment(): Environment {
  const { document: page, window } = host;
  const isVisible = () => page === undefined || page.visibilityState === "visible";
  return {
    now: () => performance.now(),
    random: Math.random,
    setTimer(callback, delayMs) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    isVisible,
    // `navigator.onLine` is missing outside browsers, and only its false is reliable.
    isOnline: () => host.navigator?.onLine !== false,
    onWake: (listener) =>
      listen(
        [
          [page, "visibilitychange"],
          [window, "online"],
          [window, "pageshow"],
        ],
        (event) => {
          // Shown: of a page that comes back as it was left; the first one is the load itself.
          const { persisted } = event as Partial<PageTransitionEvent>;
          if (event.type === "visibilitychange" ? isVisible() : persisted !== false) listener();
        },
      ),
    onHidden: (listener) =>
      listen([[page, "visibilitychange"]], () => {
        if (!isVisible()) listener();
      }),
  };
}

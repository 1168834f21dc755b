/**
 * What the client takes from the browser, so that tests drive it by hand. Times are monotonic milliseconds.
 * Default: {@link browserEnvironment}.
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
  /** Calls back when the page becomes visible or online again; the answer ends that. */
  onWake(listener: () => void): () => void;
}

/** The environment of a browser; also works where there is no document or window (a worker, a script). */
export function browserEnvironment(): Environment {
  const page = typeof document === "undefined" ? undefined : document;
  const host = typeof window === "undefined" ? undefined : window;
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
    isOnline: () => typeof navigator === "undefined" || !("onLine" in navigator) || navigator.onLine,
    onWake(listener) {
      const onVisibility = () => {
        if (isVisible()) listener();
      };
      page?.addEventListener("visibilitychange", onVisibility);
      host?.addEventListener("online", listener);
      return () => {
        page?.removeEventListener("visibilitychange", onVisibility);
        host?.removeEventListener("online", listener);
      };
    },
  };
}

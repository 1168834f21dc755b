/** What browsers and Node have alike. */
declare const performance: { now(): number };
declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare function clearTimeout(timer: unknown): void;

/** As much of an `AbortSignal` as a pause needs. */
export interface EndSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options: { readonly once: true }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Time as a worker or a queue sees it; injected, so that tests and drills decide how fast it passes. */
export interface Clock {
  /** Monotonic milliseconds: for durations. */
  nowMs(): number;
  /** Unix milliseconds: for display only, nothing is ordered by it. */
  unixMs(): number;
  /** Calls back once after `delayMs` ≥ 0. @returns how to call it off; harmless when it is too late. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The process's own clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  unixMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or as soon as the signal aborts. Never rejects. */
export function pause(clock: Clock, delayMs: number, signal?: EndSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const cancelTimer = clock.after(delayMs, end);
    function end(): void {
      cancelTimer();
      signal?.removeEventListener("abort", end);
      resolve();
    }
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** Waits for a promise, but no longer than `deadlineMs`. @returns whether it settled in time; its error is the caller's to handle. */
export async function settlesWithin(
  clock: Clock,
  deadlineMs: number,
  promise: Promise<unknown>,
): Promise<boolean> {
  let cancelTimer: () => void = () => undefined;
  const late = new Promise<boolean>((resolve) => {
    cancelTimer = clock.after(deadlineMs, () => resolve(false));
  });
  const settled = promise.then(
    () => true,
    () => true, // the caller handles the error; here it only counts that there was an end
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    cancelTimer();
  }
}

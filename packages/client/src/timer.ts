import type { Environment } from "./environment.ts";

/** One timer at most. */
export interface Timer {
  readonly isSet: boolean;
  /** Calls back once after `delayMs`, in place of what was set before. */
  set(callback: () => void, delayMs: number): void;
  /** The same, where nothing is set: what is set stays. */
  start(callback: () => void, delayMs: number): void;
  stop(): void;
}

export function createTimer(environment: Environment): Timer {
  let cancel: (() => void) | null = null;
  const timer: Timer = {
    get isSet() {
      return cancel !== null;
    },
    set(callback, delayMs) {
      timer.stop();
      timer.start(callback, delayMs);
    },
    start(callback, delayMs) {
      cancel ??= environment.setTimer(() => {
        cancel = null;
        callback();
      }, delayMs);
    },
    stop() {
      cancel?.();
      cancel = null;
    },
  };
  return timer;
}

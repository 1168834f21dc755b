import type { Environment } from "../src/environment.ts";

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock, timers, dice and a page that the test moves by hand. */
export class FakeEnvironment implements Environment {
  nowMs = 1_000;
  /** What `random` answers. */
  dice = 0;
  visible = true;
  online = true;
  openSocket: Environment["openSocket"] = undefined;
  tabs: Environment["tabs"] = undefined;
  readonly #hideListeners = new Set<() => void>();
  readonly #timers = new Set<Timer>();
  readonly #wakeListeners = new Set<() => void>();

  now(): number {
    return this.nowMs;
  }

  random(): number {
    return this.dice;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { atMs: this.nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  isVisible(): boolean {
    return this.visible;
  }

  isOnline(): boolean {
    return this.online;
  }

  onWake(listener: () => void): () => void {
    this.#wakeListeners.add(listener);
    return () => {
      this.#wakeListeners.delete(listener);
    };
  }

  onHidden(listener: () => void): () => void {
    this.#hideListeners.add(listener);
    return () => {
      this.#hideListeners.delete(listener);
    };
  }

  hide(): void {
    this.visible = false;
    for (const listener of this.#hideListeners) listener();
  }

  get openTimers(): number {
    return this.#timers.size;
  }

  get wakeListeners(): number {
    return this.#wakeListeners.size;
  }

  wake(): void {
    for (const listener of this.#wakeListeners) listener();
  }

  /** Lets `ms` pass: every timer fires at its own time, and its promises run before the next. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await settle();
    for (let due = this.#next(untilMs); due !== undefined; due = this.#next(untilMs)) {
      this.#timers.delete(due);
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.callback();
      await settle();
    }
    this.nowMs = untilMs;
  }

  #next(untilMs: number): Timer | undefined {
    return [...this.#timers].filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
  }
}

/** Lets everything run that waits for no timer. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}

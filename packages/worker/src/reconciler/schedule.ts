import type { Clock } from "@statusplane/core";

/** Timers are early or late by a little: what is due within this share of its interval is done now, not a round later. */
const SLACK_SHARE = 0.05;

/** Something that is due at once and then every so often, asked for by rounds that come more often. */
export class Schedule {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #dueAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** Whether it is due; if so it is due again after its interval. */
  isDue(): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#dueAtMs - this.#everyMs * SLACK_SHARE) return false;
    this.#dueAtMs = nowMs + this.#everyMs;
    return true;
  }

  /** It was not done: due at the next round. */
  again(): void {
    this.#dueAtMs = Number.NEGATIVE_INFINITY;
  }
}

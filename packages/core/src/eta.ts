/** Nothing is said before this much has passed: an early guess is noise. */
const MIN_PERCENT = 3;
const MIN_ELAPSED_MS = 2_000;
/** Weight of the newest observation of speed, per second of its span. */
const SMOOTHING_PER_SECOND = 0.15;

/**
 * Remaining seconds of one piece of work (a step, or an attempt without steps) from its own speed: an exponentially
 * smoothed percent per ms. What is there at its start, as after a resume, is no speed. Times are monotonic milliseconds.
 */
export class EtaEstimator {
  readonly #startedAtMs: number;
  /** Where the speed is measured from. */
  #base: { readonly atMs: number; readonly percent: number };
  #lastAtMs: number;
  #lastPercent = 0;
  #percentPerMs: number | null = null;

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
    this.#lastAtMs = startedAtMs;
    this.#base = { atMs: startedAtMs, percent: 0 };
  }

  /** @param percent 0–100 of the whole. @returns whole seconds, null until it means something. */
  remainingSeconds(percent: number, nowMs: number): number | null {
    this.#observe(percent, nowMs);
    if (percent >= 100) return 0;
    if (percent < MIN_PERCENT || nowMs - this.#startedAtMs < MIN_ELAPSED_MS) return null;
    if (this.#percentPerMs === null || this.#percentPerMs <= 0) return null;
    const sinceMs = nowMs - this.#lastAtMs;
    return Math.max(1, Math.ceil(((100 - percent) / this.#percentPerMs - sinceMs) / 1_000));
  }

  #observe(percent: number, nowMs: number): void {
    const spanMs = nowMs - this.#lastAtMs;
    if (percent <= this.#lastPercent || spanMs <= 0) return;
    if (nowMs - this.#startedAtMs < MIN_ELAPSED_MS) {
      this.#base = { atMs: nowMs, percent };
    } else {
      const speed = (percent - this.#lastPercent) / spanMs;
      const average = (percent - this.#base.percent) / (nowMs - this.#base.atMs);
      const weight = 1 - (1 - SMOOTHING_PER_SECOND) ** (spanMs / 1_000);
      this.#percentPerMs = (this.#percentPerMs ?? average) * (1 - weight) + speed * weight;
    }
    this.#lastAtMs = nowMs;
    this.#lastPercent = percent;
  }
}

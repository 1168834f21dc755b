/** Nothing is said before this much of the attempt has passed: an early guess is noise. */
const MIN_PERCENT = 3;
const MIN_ELAPSED_MS = 2_000;
/** Weight of the newest observation of speed, per second of its span. */
const SMOOTHING_PER_SECOND = 0.15;

/**
 * Remaining seconds from the attempt's own speed: an exponentially smoothed percent per ms. Times are monotonic
 * milliseconds. One estimator per attempt.
 */
export class EtaEstimator {
  readonly #startedAtMs: number;
  #lastAtMs: number;
  #lastPercent = 0;
  #percentPerMs: number | null = null;

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
    this.#lastAtMs = startedAtMs;
  }

  /** @param percent 0–100 of the whole attempt. @returns whole seconds, null until it means something. */
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
    const speed = (percent - this.#lastPercent) / spanMs;
    const average = percent / Math.max(1, nowMs - this.#startedAtMs);
    const weight = 1 - (1 - SMOOTHING_PER_SECOND) ** (spanMs / 1_000);
    this.#percentPerMs = (this.#percentPerMs ?? average) * (1 - weight) + speed * weight;
    this.#lastAtMs = nowMs;
    this.#lastPercent = percent;
  }
}

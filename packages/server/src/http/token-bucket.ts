export interface TokenBucketOptions {
  readonly perSecond: number;
  /** How many may be taken at once after a rest. */
  readonly burst: number;
  /** Monotonic ms. Default: `performance.now`. */
  readonly now?: () => number;
}

/** So many a second, with a burst; a take costs a few additions and no timer. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #filledAtMs: number;

  constructor({ perSecond, burst, now = () => performance.now() }: TokenBucketOptions) {
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#filledAtMs = now();
  }

  /** Takes one; false: none is left. */
  take(): boolean {
    if (this.isSpent()) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Whether a take would get none. */
  isSpent(): boolean {
    return this.#fill() < 1;
  }

  /** Whether nothing was taken lately: it is then as good as new. */
  isFull(): boolean {
    return this.#fill() >= this.#burst;
  }

  /** Whole seconds until one is there, at least 1: for `Retry-After`. */
  retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((1 - this.#tokens) / this.#perMs / 1_000));
  }

  #fill(): number {
    const nowMs = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#filledAtMs) * this.#perMs);
    this.#filledAtMs = nowMs;
    return this.#tokens;
  }
}

/** A bucket gives so many seconds' worth at once after a rest. */
const BURST_SECONDS = 10;
const BURST_MIN = 10;

/** The bucket of a limit that is said per minute. */
export function perMinute(limit: number): TokenBucketOptions {
  const perSecond = limit / 60;
  return { perSecond, burst: Math.max(BURST_MIN, perSecond * BURST_SECONDS) };
}

/** A number that would rise by less than this share, or less than a second, stays: it is noise. */
const NOISE_SHARE = 0.1;
/** More than this share it never rises at once, and no oftener than once a second; a second it may always. */
const RISE_SHARE = 0.2;
const RISE_EVERY_MS = 1_000;

/** Remaining seconds as they are told: they fall as they will, and rise late and in small steps. */
export class SteadySeconds {
  #told: number | null = null;
  #toldAtMs = 0;

  /**
   * @param remainingMs ms, null for unknown, which starts anew.
   * @param nowMs monotonic ms.
   * @returns whole seconds, at least 1.
   */
  tell(remainingMs: number | null, nowMs: number): number | null {
    const told = remainingMs === null ? null : this.#next(remainingMs, nowMs);
    if (told !== this.#told) this.#toldAtMs = nowMs;
    this.#told = told;
    return told;
  }

  #next(remainingMs: number, nowMs: number): number {
    const seconds = Math.max(1, Math.ceil(remainingMs / 1_000));
    const told = this.#told;
    if (told === null || seconds <= told) return seconds;
    const risesBy = remainingMs / 1_000 - told;
    if (risesBy < Math.max(1, told * NOISE_SHARE) || nowMs - this.#toldAtMs < RISE_EVERY_MS) return told;
    return Math.min(seconds, Math.max(told + 1, Math.floor(told * (1 + RISE_SHARE))));
  }
}

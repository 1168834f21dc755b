/** Elapsed seconds since the watch began → the poll interval in ms, before jitter. */
const SCHEDULE = { firstMs: 1_000, thenMs: 2_000, laterMs: 3_000, slowestMs: 5_000 } as const;
const FIRST_UNTIL_S = 10;
const THEN_UNTIL_S = 60;
const SLOWEST_FROM_S = 300;
/** Jitter only lengthens, by up to this share. */
export const POLL_JITTER = 0.15;

/**
 * 1 s for the first 10 s, 2 s up to 60 s, then 3 s growing linearly to 5 s at five minutes.
 * @param elapsedSeconds seconds since this job is watched; below 0 counts as 0.
 * @returns milliseconds, without jitter.
 */
export function getPollInterval(elapsedSeconds: number): number {
  if (!(elapsedSeconds > FIRST_UNTIL_S)) return SCHEDULE.firstMs;
  if (elapsedSeconds <= THEN_UNTIL_S) return SCHEDULE.thenMs;
  const share = Math.min(1, (elapsedSeconds - THEN_UNTIL_S) / (SLOWEST_FROM_S - THEN_UNTIL_S));
  return Math.round(SCHEDULE.laterMs + share * (SCHEDULE.slowestMs - SCHEDULE.laterMs));
}

/** @param random 0 ≤ random < 1. */
export function withPollJitter(delayMs: number, random: number): number {
  return Math.round(delayMs * (1 + POLL_JITTER * random));
}

const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MAX_MS = 15_000;

/** Delay after the n-th error in a row (from 1): 1, 2, 4 … 15 s, full jitter, at least 100 ms so that no loop spins. */
export function errorBackoffMs(errorsInARow: number, random: number): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.max(0, errorsInARow - 1));
  return Math.max(100, Math.round(ceiling * random));
}

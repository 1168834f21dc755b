import type { Timings } from "@statusplane/core";

/** First and greatest delay between two calls to a store that does not answer, ms. */
const STORE_FIRST_MS = 100;
const STORE_MAX_MS = 1_000;
/** Delay of a delivery whose claim got no answer from the database, ms (design: 1–15 s). */
const GIVE_BACK_MIN_MS = 1_000;
const GIVE_BACK_MAX_MS = 15_000;

/**
 * Delay before another try of a job: doubled from `first` to `max`, the upper half of it at random.
 * @param tries starts so far, from 1. @param random 0 ≤ random < 1. @returns ms.
 */
export function tryBackoffMs(
  tries: number,
  { first, max }: Timings["retryBackoffMs"],
  random: number,
): number {
  const ceilingMs = Math.min(max, first * 2 ** Math.max(0, tries - 1));
  return Math.round(ceilingMs / 2 + (ceilingMs / 2) * random);
}

/**
 * Delay after the n-th failure in a row of a store: 100 ms doubled to 1 s, upper half at random. Short, because what
 * waits for the store's return is to be seen within 1.5 s of it; a timer, because a client that rejects at once
 * would otherwise starve the event loop.
 * @param failures in a row, from 1. @param random 0 ≤ random < 1. @returns ms.
 */
export function storeBackoffMs(failures: number, random: number): number {
  const ceilingMs = Math.min(STORE_MAX_MS, STORE_FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(ceilingMs / 2 + (ceilingMs / 2) * random);
}

/** @param random 0 ≤ random < 1. @returns 1,000–15,000 ms. */
export function giveBackMs(random: number): number {
  return Math.round(GIVE_BACK_MIN_MS + (GIVE_BACK_MAX_MS - GIVE_BACK_MIN_MS) * random);
}

import type { SecondsRange } from "../wire/views.ts";

/*
 * Watched seconds as bits: second 0 is the highest bit of the first byte, as SETBIT writes them. What lies behind the last
 * byte is not watched.
 */

const BITS = 8;

/** Whether that second is watched. */
export function isWatched(watched: Uint8Array, second: number): boolean {
  const byte = watched[Math.floor(second / BITS)] ?? 0;
  return (byte & (0x80 >> (second % BITS))) !== 0;
}

/** How many seconds are watched. */
export function countWatched(watched: Uint8Array): number {
  let count = 0;
  for (let byte of watched) for (; byte !== 0; byte &= byte - 1) count += 1;
  return count;
}

/** Both together. The order of merges, and a repeated one, change nothing. */
export function mergeWatched(one: Uint8Array, other: Uint8Array): Uint8Array {
  const merged = new Uint8Array(Math.max(one.length, other.length));
  merged.forEach((_, i) => (merged[i] = (one[i] ?? 0) | (other[i] ?? 0)));
  return merged;
}

/** The watched seconds as ranges, in order, none touching the next. */
export function rangesOf(watched: Uint8Array): SecondsRange[] {
  const ranges: SecondsRange[] = [];
  let from = -1;
  for (let second = 0; second <= watched.length * BITS; second++) {
    const isOn = isWatched(watched, second);
    if (isOn && from < 0) from = second;
    if (!isOn && from >= 0) {
      ranges.push([from, second]);
      from = -1;
    }
  }
  return ranges;
}

/** Bits of these ranges. */
export function bitmapOf(ranges: readonly SecondsRange[]): Uint8Array {
  const end = ranges.reduce((most, [, to]) => Math.max(most, to), 0);
  const watched = new Uint8Array(Math.ceil(end / BITS));
  for (const [from, to] of ranges) for (let second = from; second < to; second++) setWatched(watched, second);
  return watched;
}

/** Sets a second's bit in place. @throws {RangeError} behind the last byte. */
export function setWatched(watched: Uint8Array, second: number): void {
  const at = Math.floor(second / BITS);
  const byte = watched[at];
  if (byte === undefined) throw new RangeError(`second ${second} is behind the bitmap`);
  watched[at] = byte | (0x80 >> (second % BITS));
}

/** The first second that is not watched. */
export function firstUnwatched(watched: Uint8Array): number {
  let second = 0;
  while (isWatched(watched, second)) second += 1;
  return second;
}

/** The second behind the last watched one; 0: none is. */
export function endOfWatched(watched: Uint8Array): number {
  for (let at = watched.length - 1; at >= 0; at--) {
    const byte = watched[at] ?? 0;
    if (byte !== 0) return at * BITS + BITS - Math.log2(byte & -byte);
  }
  return 0;
}

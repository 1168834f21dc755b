import type { SecondsRange } from "@statusplane/core/wire";

/** Parts of a second that are told apart: tenths. */
const SLOTS = 10;

/**
 * Makes whole seconds of pieces: a second counts once half of it was played, wherever pieces meet. Each piece sets the
 * tenths whose middle it has, so pieces that meet share none and leave none out.
 */
export class WatchedSeconds {
  /** Second → its tenths that were played, by bits. */
  readonly #tenths = new Map<number, number>();
  /** Seconds that have counted since the last jump. */
  readonly #counted = new Set<number>();

  /**
   * Adds a piece.
   * @param lengthSeconds of the video, for its last second is shorter; null where it is not known.
   * @returns the seconds that count by it, in order.
   */
  add(fromSeconds: number, toSeconds: number, lengthSeconds: number | null): readonly number[] {
    const end = lengthSeconds === null ? toSeconds : Math.min(toSeconds, lengthSeconds);
    const [first, last] = [firstTenth(fromSeconds), firstTenth(end)];
    const counting = new Set<number>();
    for (let tenth = first; tenth < last; tenth++) {
      const second = Math.floor(tenth / SLOTS);
      const bits = (this.#tenths.get(second) ?? 0) | (1 << (tenth % SLOTS));
      this.#tenths.set(second, bits);
      if (!this.#counted.has(second) && bitsIn(bits) * 2 >= slotsOf(second, lengthSeconds)) {
        this.#counted.add(second);
        counting.add(second);
      }
    }
    return [...counting];
  }

  /** The player is elsewhere now: what is watched anew counts anew; what was begun is gone on with. */
  jump(): void {
    for (const second of this.#counted) this.#tenths.delete(second);
    this.#counted.clear();
  }
}

/** The first tenth whose middle is not before this. */
function firstTenth(seconds: number): number {
  return Math.max(0, Math.ceil(seconds * SLOTS - 0.5));
}

function slotsOf(second: number, lengthSeconds: number | null): number {
  if (lengthSeconds === null) return SLOTS;
  return Math.max(1, Math.min(SLOTS, firstTenth(lengthSeconds) - second * SLOTS));
}

function bitsIn(bits: number): number {
  let count = 0;
  for (let rest = bits; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

/** Seconds in any order → ranges in order, none touching another. */
export function rangesOf(seconds: Iterable<number>): readonly SecondsRange[] {
  return mergeRanges([...seconds].map((second) => [second, second + 1]));
}

/** Ranges in any order, overlapping or not → the same seconds in order, no range touching another. */
export function mergeRanges(ranges: readonly SecondsRange[]): readonly SecondsRange[] {
  const merged: [from: number, to: number][] = [];
  for (const [from, to] of [...ranges].sort(([one], [other]) => one - other)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else if (to > from) merged.push([from, to]);
  }
  return merged;
}

/** How many seconds ranges have that do not overlap. */
export function secondsIn(ranges: readonly SecondsRange[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
}

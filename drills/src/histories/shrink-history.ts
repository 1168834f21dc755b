import type { History } from "./step.ts";

/** Tries of a history while it is made smaller. */
const MOST_TRIES = 400;

/**
 * Leaves steps out, from the end and many at once first, as long as the rest still fails.
 * @param fails carries a history out and says whether it fails.
 */
export async function shrinkHistory(
  history: History,
  fails: (smaller: History) => Promise<boolean>,
): Promise<History> {
  let smallest = history;
  let tries = 0;
  for (let size = Math.ceil(history.steps.length / 2); size >= 1;) {
    let left = false;
    for (let at = smallest.steps.length - size; at >= 0 && tries < MOST_TRIES; at -= size) {
      const smaller = { ...smallest, steps: smallest.steps.toSpliced(at, size) };
      tries += 1;
      if (!(await fails(smaller))) continue;
      smallest = smaller;
      left = true;
    }
    if (tries >= MOST_TRIES) break;
    if (size === 1 && left) continue; // what was left out may have made others needless
    size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return smallest;
}

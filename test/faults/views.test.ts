import { describe, expect, it } from "vitest";
import { seededRandom } from "../../drills/src/random.ts";
import type { ViewFault } from "../../drills/src/views/view-faults.ts";
import { viewLeg } from "../../drills/src/views/view-leg.ts";

/** Changes each day, as other drills' do; a failing day's seed is in the test's name. */
const SEED = new Date().toISOString().slice(0, 10);
const WITHIN_MS = 600_000;

/** Where most is at stake: between what is read, written and known to be written; and all of it behind the flusher's back. */
const FAULTS: readonly ViewFault[] = [
  { kind: "late", name: "flush.before-write", forMs: 300 },
  { kind: "point", name: "flush.after-write" },
  { kind: "redis", how: "cut" },
];

describe(`what is watched while its keepers die, seed ${SEED}`, () => {
  it(
    "is kept, none of it twice and nothing else, and decided once: the short form of drill T29",
    async () => {
      const said: string[] = [];
      const result = await viewLeg({
        volume: FAULTS.length,
        load: 1,
        random: seededRandom(SEED),
        say: (sentence) => void said.push(sentence),
        appendOnly: true,
        faults: FAULTS,
        apis: 1,
      });
      expect(result.violations.map(({ what }) => what)).toEqual([]);
      expect(result.faults, said.join("\n")).toBe(FAULTS.length);
      expect(result.figures?.["seconds_kept"]).toBeGreaterThan(0);
    },
    WITHIN_MS,
  );
});

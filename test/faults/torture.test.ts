import { describe, expect, it } from "vitest";
import { seededRandom } from "../../drills/src/random.ts";
import { torture } from "../../drills/src/torture/torture.ts";

/** Faults go on for so long; the calm, the audit and the starts of the processes come on top. */
const SECONDS = 45;
/** Changes each day, so that other moments are struck; a failing day's seed is in the test's name. */
const SEED = new Date().toISOString().slice(0, 10);
/** A twentieth of 200 jobs a second and 1,000 watchers: the two cores are shared with everything that is killed. */
const LOAD = 0.03;

/** The short form of `npm run torture`: everything broken at once, and everything compared afterwards. */
describe(`torture of the day, seed ${SEED}`, () => {
  for (const losesData of [false, true]) {
    const what = losesData ? "with losses of Redis' data" : "without loss of Redis' data";
    it(`loses nothing and shows nothing twice, ${what}`, async () => {
      const seconds = SECONDS / 2;
      const said: string[] = [];
      const result = await torture({ seconds, losesData }).leg({
        volume: 1,
        load: LOAD,
        random: seededRandom(`${SEED}/${losesData}`),
        say: (sentence) => void said.push(sentence),
      });
      expect(result.violations.map(({ invariant, what }) => `${invariant} ${what}`)).toEqual([]);
      expect(result.faults, said.join("\n")).toBeGreaterThan(3);
      expect(result.jobs).toBeGreaterThan(10);
      expect(result.observations).toBeGreaterThan(result.jobs);
    });
  }
});

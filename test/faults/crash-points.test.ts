import { describe, expect, it } from "vitest";
import { ALL_POINTS, crashLeg } from "../../drills/src/crash/crash-leg.ts";
import { pointRounds } from "../../drills/src/crash/point-rounds.ts";
import { seededRandom } from "../../drills/src/random.ts";

/** Changes each day: another order, other jobs, other processes that die. A failing day's seed is in the test's name. */
const SEED = new Date().toISOString().slice(0, 10);
/** A share of 200 jobs a second and 1,000 watchers: the two cores are for starting the processes again. */
const LOAD = 0.02;
const WITHIN_MS = 600_000;

/**
 * The short form of drill T2: each point once, none left out, four at a time on one fleet. As some points need a loss of
 * Redis' data, raw pollers may see a step back here; that they do not where nothing is lost is left to the drill.
 */
describe(`crash points of the day, seed ${SEED}`, () => {
  it(
    "a process dies at each of them, and all work ends, and store, rows, files and clients agree",
    async () => {
      const random = seededRandom(SEED);
      const said: string[] = [];
      const result = await crashLeg({
        options: {
          volume: ALL_POINTS.length,
          load: LOAD,
          random,
          say: (sentence) => void said.push(sentence),
        },
        rounds: pointRounds(ALL_POINTS, random.fork("points")),
        dataIsLost: true,
      });
      expect(result.violations.map(({ invariant, what }) => `${invariant} ${what}`)).toEqual([]);
      expect(result.figures, said.join("\n")).toMatchObject({ points_hit: ALL_POINTS.length });
      expect(result.jobs).toBeGreaterThan(ALL_POINTS.length);
      expect(result.observations).toBeGreaterThan(result.jobs);
    },
    WITHIN_MS,
  );
});

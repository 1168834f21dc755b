import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTarget, type FuzzTarget } from "../../drills/src/fuzz/fuzz-target.ts";
import { fuzz } from "../../drills/src/fuzz/fuzz.ts";
import { seededRandom } from "../../drills/src/random.ts";

const REQUESTS = 20_000;
/** Changes each day, so that other requests are made; a failing day's seed is in the test's name. */
const SEED = new Date().toISOString().slice(0, 10);
/** A leak of a kilobyte a request would be more than twice as much. */
const GROWTH_MAX_BYTES = 150 * 1_048_576;

/** The short form of `npm run fuzz`. */
describe(`the server under requests of every kind, seed ${SEED}`, () => {
  const random = seededRandom(SEED);
  let target: FuzzTarget;
  beforeAll(async () => {
    target = await openTarget(random.fork("target"));
  });
  afterAll(() => target.close());

  it("answers each with a status that is meant, accepts what is documented, and lives on", async () => {
    const { counts, faults, memory } = await fuzz(target, {
      requests: REQUESTS,
      random,
      say: () => undefined,
    });
    expect([...faults].map(([what, { count, first }]) => `${what}, ${count} times: ${first}`)).toEqual([]);
    expect(counts.neverAccepted()).toEqual([]);
    expect(memory.late - memory.early).toBeLessThan(GROWTH_MAX_BYTES);
    expect((await fetch(new URL("/healthz", target.url))).status).toBe(200);
  });
});

import { describe, expect, it } from "vitest";
import { messageLeg } from "../../drills/src/messages/message-leg.ts";
import type { MessageFault } from "../../drills/src/messages/message-faults.ts";
import { seededRandom } from "../../drills/src/random.ts";

/** Changes each day, as other drills' do; a failing day's seed is in the test's name. */
const SEED = new Date().toISOString().slice(0, 10);
const WITHIN_MS = 600_000;

/** Where most is at stake: between a claim and its settling, and a worker that comes back when its lease is another's. */
const FAULTS: readonly MessageFault[] = [
  { kind: "point", name: "message.after-claim", how: "kill" },
  { kind: "point", name: "message.after-hand-over", how: "stop" },
  { kind: "point", name: "message.before-settle", how: "kill" },
  { kind: "pause", forMs: 4_000 },
  { kind: "lease" },
];

describe(`messages while workers die, seed ${SEED}`, () => {
  it(
    "reach nobody twice, and leave nobody out unnamed: the short form of drill T28",
    async () => {
      const said: string[] = [];
      const result = await messageLeg({
        volume: FAULTS.length,
        load: 1,
        random: seededRandom(SEED),
        say: (sentence) => void said.push(sentence),
        faults: FAULTS,
      });
      expect(result.violations.map(({ what }) => what)).toEqual([]);
      expect(result.faults, said.join("\n")).toBe(FAULTS.length);
    },
    WITHIN_MS,
  );
});

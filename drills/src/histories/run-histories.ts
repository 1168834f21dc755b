import { jobRef, type JobRef, type Kind } from "@statusplane/core";
import type { Violation } from "../drill.ts";
import type { Random } from "../random.ts";
import { checkHistory } from "./check-history.ts";
import { generateHistory } from "./generate-history.ts";
import type { HistoryAdapter } from "./history-adapter.ts";
import { shrinkHistory } from "./shrink-history.ts";
import type { History } from "./step.ts";

/** Several, so that active lists and, in Cluster, nodes are many. */
const TENANTS = 20;
/** More of the same would say nothing new. */
const MOST_VIOLATIONS = 10;
const SAY_EVERY = 10_000;

export interface HistoriesOptions {
  readonly volume: number;
  readonly random: Random;
  readonly say: (sentence: string) => void;
}

export interface HistoriesSeen {
  readonly histories: number;
  readonly compared: number;
  readonly violations: readonly Violation[];
  readonly perSecond: number;
}

/** Carries so many generated histories out on one store; a failing one is made as small as it can be. */
export async function runHistories(
  adapter: HistoryAdapter,
  { volume, random, say }: HistoriesOptions,
): Promise<HistoriesSeen> {
  const startedAtMs = performance.now();
  const newRef = refsOf();
  const violations: Violation[] = [];
  const failing: History[] = [];
  let [begun, compared] = [0, 0];
  async function lane(): Promise<void> {
    while (begun < volume && failing.length < MOST_VIOLATIONS) {
      begun += 1;
      if (begun % SAY_EVERY === 0) say(`${adapter.name}: ${begun} of ${volume} histories`);
      const history = generateHistory(random);
      const checked = await checkHistory(adapter, history, newRef(history.kind));
      compared += checked.compared;
      if (checked.violation !== null) failing.push(history);
    }
  }
  await Promise.all(Array.from({ length: adapter.atOnce }, lane));
  const perSecond = Math.round((begun * 1_000) / (performance.now() - startedAtMs));
  for (const history of failing.slice(0, MOST_VIOLATIONS))
    violations.push(await explain(adapter, history, newRef));
  return { histories: begun, compared, violations, perSecond };
}

async function explain(
  adapter: HistoryAdapter,
  history: History,
  newRef: (kind: Kind) => JobRef,
): Promise<Violation> {
  const check = async (smaller: History): Promise<Violation | null> =>
    (await checkHistory(adapter, smaller, newRef(smaller.kind))).violation;
  const smallest = await shrinkHistory(history, async (smaller) => (await check(smaller)) !== null);
  const violation = await check(smallest);
  const steps = smallest.steps.map((step, at) => `  ${at + 1}. ${JSON.stringify(step)}`).join("\n");
  const how = `${adapter.name}, a ${smallest.kind}:\n${steps}`;
  return violation === null
    ? { invariant: "I1", what: `failed once and not again, ${how}` }
    : { invariant: violation.invariant, what: `${violation.what}\nin ${how}` };
}

function refsOf(): (kind: Kind) => JobRef {
  let jobs = 0;
  return (kind) => jobRef(`t${++jobs % TENANTS}`, kind, String(jobs));
}

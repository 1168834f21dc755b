import { setTimeout as sleep } from "node:timers/promises";
import type { Drill, LegOptions, LegResult, Violation } from "../drill.ts";
import { checkHistory } from "../history/check-history.ts";
import { readJobHistory } from "../history/job-history.ts";
import { untilCalm } from "../relays/calm.ts";
import { Committers } from "../relays/committers.ts";
import { withTwoRelays, type TwoRelays } from "../relays/installation.ts";
import { chooseFaults, type RoundFaults } from "../relays/relay-faults.ts";
import type { Random } from "../random.ts";

/** I4 with the product's own intervals when the reconciler died too; here they are a two-hundredth. */
const BOUND_MS = 23_000;
/** A fault that has not struck by then does not come. */
const STRIKES_WITHIN_MS = 400;
const LOOK_EVERY_MS = 10;
/** A thief holds the lease row for so long, ms. */
const THEFT_MS = 300;
const SAY_EVERY = 10;

/** Two at once; each round one of them is stopped or dies somewhere, the lease row is stolen, or Redis is emptied. */
export const t24: Drill = {
  id: "T24",
  title: "two relays, stopped or killed at each of their awaits, their lease row stolen, Redis emptied",
  fullVolume: 1_000,
  legVolume: 50,
  injectsFaults: true,
  bound: "I3, I4 ≤ 23 s, the outbox drains",
  boundMs: BOUND_MS,
  leg: (options) => withTwoRelays((installation) => runRounds(installation, options)),
};

/** What a leg adds up. */
class Tally {
  readonly points = new Set<string>();
  readonly violations: Violation[] = [];
  rounds = 0;
  deaths = 0;
  stops = 0;
  thefts = 0;
  emptied = 0;
  slowestMs = 0;
  compared = 0;
}

async function runRounds(installation: TwoRelays, { volume, random, say }: LegOptions): Promise<LegResult> {
  const { watcher, subscriber, witness, pool } = installation;
  const committers = new Committers(installation.committers, random.fork("commits"));
  const subscription = await watcher.store.feed.subscribe([], (snapshot) => subscriber.hear(snapshot));
  const watchAlso = (): Promise<void> => subscription.watch(committers.jobs);
  const tally = new Tally();
  try {
    while (tally.rounds < volume && tally.violations.length === 0) {
      await runRound(installation, { committers, watchAlso, random, tally });
      tally.rounds += 1;
      if (tally.rounds % SAY_EVERY === 0) {
        say(`${tally.rounds} of ${volume} rounds, slowest ${Math.round(tally.slowestMs)} ms`);
      }
    }
  } finally {
    await subscription.close();
  }
  const committed = await readJobHistory(pool);
  const markerOf = (): undefined => undefined;
  tally.violations.push(
    ...checkHistory({ lines: [], committed, dataWasLost: true, markerOf }),
    ...witness.violations,
    ...witness.uncommitted(committed),
    ...subscriber.violations,
  );
  return resultOf(tally, { jobs: committers.jobs.length, seen: subscriber.heard + witness.seen });
}

interface Round {
  readonly committers: Committers;
  readonly watchAlso: () => Promise<void>;
  readonly random: Random;
  readonly tally: Tally;
}

async function runRound(
  installation: TwoRelays,
  { committers, watchAlso, random, tally }: Round,
): Promise<void> {
  const { relays } = installation;
  const faults = chooseFaults(random, relays.length);
  for (const [at, relay] of relays.entries()) {
    const fault = faults.lives[at] ?? null;
    if (fault !== null) relay.arm(fault);
  }
  await Promise.all([committers.burst(watchAlso), disturb(installation, faults, random)]);
  await untilStruck(installation, faults);
  count(installation, faults, tally);
  for (const relay of relays) await relay.heal();
  const calm = await untilCalm({
    pool: installation.pool,
    connections: installation.watcher,
    queueRedis: installation.queueRedis,
    told: installation.subscriber.told,
  });
  tally.compared += calm.compared;
  tally.slowestMs = Math.max(tally.slowestMs, calm.ms);
  const what = `round ${tally.rounds + 1} ${JSON.stringify(faults)}`;
  if (calm.disagreement !== null)
    tally.violations.push({ invariant: "I4", what: `${what}: ${calm.disagreement}` });
  else if (calm.ms > BOUND_MS) tally.violations.push({ invariant: "I4", what: `${what}: ${calm.ms} ms` });
}

/** Empties what is to be emptied and steals the lease row, at any moment of the burst. */
async function disturb(installation: TwoRelays, faults: RoundFaults, random: Random): Promise<void> {
  await sleep(random.between(0, 150));
  if (faults.emptiesStatus) await installation.emptyStatusRedis();
  if (faults.emptiesQueue) await installation.emptyQueueRedis();
  if (faults.theft === null) return;
  await sleep(random.between(0, 50));
  const owner = faults.theft === "by the other" ? random.pick(installation.relays).owner : "a thief";
  const forMs = faults.theft === "given up" ? 0 : THEFT_MS;
  await installation.pool.query(
    "UPDATE statusplane.reconciler SET owner = $1, lease_until = now() + $2::float8 * interval '1 millisecond'",
    [owner, forMs],
  );
}

async function untilStruck({ relays }: TwoRelays, { lives }: RoundFaults): Promise<void> {
  const deadlineMs = performance.now() + STRIKES_WITHIN_MS;
  const missing = (): boolean =>
    relays.some((relay, at) => (lives[at] ?? null) !== null && relay.hit === null);
  while (missing() && performance.now() < deadlineMs) await sleep(LOOK_EVERY_MS);
}

function count({ relays }: TwoRelays, faults: RoundFaults, tally: Tally): void {
  for (const [at, relay] of relays.entries()) {
    const fault = faults.lives[at] ?? null;
    if (fault === null || relay.hit === null) continue;
    tally.points.add(relay.hit);
    if (fault.what === "death") tally.deaths += 1;
    else tally.stops += 1;
  }
  if (faults.theft !== null) tally.thefts += 1;
  tally.emptied += Number(faults.emptiesStatus) + Number(faults.emptiesQueue);
}

function resultOf(tally: Tally, { jobs, seen }: { readonly jobs: number; readonly seen: number }): LegResult {
  const { rounds, deaths, stops, thefts, emptied, points, compared, slowestMs, violations } = tally;
  return {
    faults: rounds,
    jobs,
    observations: seen + compared,
    violations,
    slowestRecoveryMs: slowestMs,
    figures: { deaths, stops, thefts, emptied, moments: points.size },
  };
}

import { DEFAULT_TIMINGS } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import { StatementMark } from "../../../test/end-to-end/support/statements.ts";
import { openRoleFleet, ROLES } from "../constancy/role-fleet.ts";
import { countByCause, type Counted } from "../constancy/statement-causes.ts";
import { Work } from "../constancy/work.ts";
import { Crowd } from "../crowd/crowd.ts";
import { countAnswers } from "../crowd/counts.ts";
import type { CrowdOrder } from "../crowd/crowd-words.ts";
import type { Drill, LegOptions, LegResult, Violation } from "../drill.ts";
import type { Fleet } from "../fleet/fleet.ts";

const WATCHERS = [0, 10, 1_000, 10_000] as const;
const FULL_MINUTES = 10;
const LEG_MINUTES = 1;
const MINUTE_MS = 60_000;
const TICKS_PER_MINUTE = MINUTE_MS / DEFAULT_TIMINGS.tickMs;
/** A sweep comes with every second tick: in whole pairs each run has as many. */
const SWEEP_TICKS = DEFAULT_TIMINGS.sweepEveryMs / DEFAULT_TIMINGS.tickMs;
const OPEN_WITHIN_MS = 8_000;
const ALL_OPEN_WITHIN_MS = 60_000;
/** From one run to the next. */
const BETWEEN_RUNS_MS = 20_000;
/** A tick's other statements have been sent by then, and the next tick's have not. */
const AFTER_TICK_MS = 1_500;
const HOUSEKEEPING_PER_MINUTE = 20;
const MAY_DIFFER_BY = 2;
const QUERY_SHOWN = 200;

/** The same work under 0, 10, 1,000 and 10,000 watchers: what does Postgres notice of them? */
export const t17: Drill = {
  id: "T17",
  title: "0, 10, 1,000, 10,000 watchers: statements counted inside Postgres",
  fullVolume: WATCHERS.length * FULL_MINUTES,
  legVolume: WATCHERS.length * LEG_MINUTES,
  injectsFaults: false,
  bound: "0 statements from watching, 3 per job, housekeeping ≤ 20 a minute and the same for all",
  boundMs: null,
  leg,
};

async function leg({ volume, say }: LegOptions): Promise<LegResult> {
  const fleet = await openRoleFleet();
  try {
    const minutes = volume / WATCHERS.length;
    const ticks = SWEEP_TICKS * Math.max(1, Math.round((minutes * TICKS_PER_MINUTE) / SWEEP_TICKS));
    const runMs = ticks * DEFAULT_TIMINGS.tickMs;
    const all = await StatementMark.set(fleet.databaseUrl, ROLES);
    const work = await Work.begin(fleet, WATCHERS.length * (runMs + BETWEEN_RUNS_MS));
    const runs: Run[] = [];
    for (const watchers of WATCHERS) {
      const run = await watch(fleet, work, { watchers, ticks });
      runs.push(run);
      say(`${watchers} watchers: ${housekeepingOf(run)} statements of housekeeping, ${run.answers} answers`);
    }
    const notWell = await work.ended();
    const jobs = countByCause(await all.since());
    return resultOf({ runs, work, notWell, jobs, minutes: runMs / MINUTE_MS });
  } finally {
    await fleet.close();
  }
}

interface Run {
  readonly watchers: number;
  readonly counted: Counted;
  readonly seconds: number;
  /** Snapshots, asked for or told by a stream, and 304s. */
  readonly answers: number;
  /** Whatever else was answered: the machine may not be up to so many. */
  readonly otherAnswers: number;
}

/** One run: everybody's page is open, then so many ticks are counted from just after one until just after another. */
async function watch(
  fleet: Fleet,
  work: Work,
  { watchers, ticks }: { readonly watchers: number; readonly ticks: number },
): Promise<Run> {
  await using crowd = Crowd.start({
    urls: fleet.apis.map(({ program }) => program.url),
    token: work.token,
    by: ["websocket", "sse", "poll"],
    watched: Array.from({ length: watchers }, (_, n) => pick(work.watched, n)),
    openWithinMs: OPEN_WITHIN_MS,
    pollFrom: "open",
    everyMs: everyMs(watchers),
    until: "told",
  });
  const openMs = await crowd.until(({ open }) => open === watchers, ALL_OPEN_WITHIN_MS);
  if (openMs === null) throw new Error(`not all of ${watchers} watchers could open their page in time`);
  const firstTick = await justAfterTick(fleet, await tickOf(fleet));
  const mark = await StatementMark.set(fleet.databaseUrl, ROLES);
  await crowd.countAnew();
  const startedAtMs = performance.now();
  const enough = new AbortController();
  const working = work.run(enough.signal);
  await Promise.race([justAfterTick(fleet, firstTick + ticks - 1), working]); // work ends first only by failing
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const counts = await crowd.counts();
  const counted = countByCause(await mark.since());
  enough.abort();
  await working;
  const answers = ["poll 200", "poll 304", "websocket snapshot", "sse snapshot"]
    .map((name) => countAnswers(counts, name))
    .reduce((sum, count) => sum + count, 0);
  return { watchers, counted, seconds, answers, otherAnswers: countAnswers(counts) - answers };
}

/** Of those who poll once a second; ten thousand as the client does it after five minutes: two cores answer no 10,000 a second. */
function everyMs(watchers: number): CrowdOrder["everyMs"] {
  return watchers > 1_000 ? [3_000, 5_000] : [900, 1_100];
}

function pick<Item>(items: readonly Item[], n: number): Item {
  const item = items[n % items.length];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}

async function tickOf(fleet: Fleet): Promise<number> {
  const { rows } = await fleet.pool.query<{ tick: string }>("SELECT tick FROM statusplane.reconciler");
  return Number(rows[0]?.tick);
}

/** Waits until a later tick than this one, and all that belongs to it. @returns its number. */
async function justAfterTick(fleet: Fleet, tick: number): Promise<number> {
  const later = async (): Promise<number | null> => {
    const now = await tickOf(fleet);
    return now > tick ? now : null;
  };
  const found = await eventually(`a tick after ${tick}`, later, FULL_MINUTES * MINUTE_MS);
  await sleep(AFTER_TICK_MS);
  return found;
}

function housekeepingOf({ counted: { byCause } }: Run): number {
  return byCause.tick + byCause.sweep;
}

interface Seen {
  readonly runs: readonly Run[];
  readonly work: Work;
  readonly notWell: readonly string[];
  /** Statements of the whole leg. */
  readonly jobs: Counted;
  /** Of one run. */
  readonly minutes: number;
}

function resultOf(seen: Seen): LegResult {
  const { runs, work, jobs, minutes } = seen;
  return {
    faults: runs.length * minutes, // minutes, not faults: there are none
    jobs: work.submitted,
    observations: runs.reduce((sum, { answers }) => sum + answers, 0),
    violations: [...runs.flatMap(violationsOfRun), ...violationsOfAll(seen)],
    slowestRecoveryMs: null,
    figures: {
      long_jobs: "5 of the drill's own (for 3 videos, 2 imports); real: one video, one import a run",
      ...Object.fromEntries(runs.flatMap((run) => figuresOf(run, minutes))),
      submits: jobs.byCause.submit,
      claims: jobs.byCause.claim,
      ends: jobs.byCause.finish,
      relay: jobs.byCause.relay,
      renewals: jobs.byCause.renew,
      imports: jobs.byCause.import,
    },
  };
}

function figuresOf(run: Run, minutes: number): [string, number][] {
  const { watchers, seconds, answers, otherAnswers } = run;
  return [
    [`statements_per_minute_${watchers}`, Math.round(housekeepingOf(run) / minutes)],
    [`answers_per_second_${watchers}`, Math.round(answers / seconds)],
    ...(otherAnswers === 0 ? [] : [[`other_answers_${watchers}`, otherAnswers] as [string, number]]),
  ];
}

function violationsOfRun({ watchers, counted }: Run): Violation[] {
  return counted.other.map(({ calls, query }) => ({
    invariant: "I7",
    what: `under ${watchers} watchers: ${calls} × ${query.trim().slice(0, QUERY_SHOWN)}`,
  }));
}

function violationsOfAll({ runs, work, notWell, jobs, minutes }: Seen): Violation[] {
  const found = (what: string): Violation => ({ invariant: "I7", what });
  const perJob = (["submit", "claim", "finish"] as const).filter(
    (cause) => jobs.byCause[cause] !== work.submitted,
  );
  const housekeeping = runs.map(housekeepingOf);
  const most = Math.max(...housekeeping);
  const atLeastOne = Math.max(1, minutes); // a short run is judged as a minute: its edges weigh too much
  return [
    ...notWell.map((row) => found(`a job did not end well at its first try: ${row}`)),
    ...perJob.map((cause) => found(`${work.submitted} jobs, ${jobs.byCause[cause]} × ${cause}`)),
    ...(most > HOUSEKEEPING_PER_MINUTE * atLeastOne
      ? [found(`housekeeping: ${housekeeping.join(", ")}`)]
      : []),
    ...(most - Math.min(...housekeeping) > MAY_DIFFER_BY * atLeastOne
      ? [found(`housekeeping differs: ${housekeeping.join(", ")}`)]
      : []),
  ];
}

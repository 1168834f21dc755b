import type { JobRef } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import { FakeClock, JUMPS, type Jump } from "../clocks/fake-clock.ts";
import type { Drill, LegOptions, LegResult } from "../drill.ts";
import { fleetLeg, type RoundContext } from "../fleet-leg.ts";
import { DRILL_TIMINGS } from "../fleet/drill-timings.ts";
import type { ProcessSlot } from "../fleet/process-slot.ts";
import type { DrillLoadOptions } from "../load/drill-load.ts";
import type { Random } from "../random.ts";
import { openSingleRedis, type SingleRedis } from "../fleet/status-redis.ts";

/** Long enough for a busy machine: what is lost here, a clock has lost. */
const TIMINGS = { ...DRILL_TIMINGS, leaseMs: 10_000, renewEveryMs: 2_000 };
/** What is live at a jump ends within a lease, its sweep, another try and its backoff, whatever the jump. */
const ENDS_WITHIN_MS = 45_000;
const AWAY_MS = { min: 500, max: 3_000 } as const;

const SUBJECTS = ["api", "worker", "status store", "queue", "postgres"] as const;
type Subject = (typeof SUBJECTS)[number];

type Context = RoundContext<SingleRedis>;
type Clocks = Readonly<Record<"status store" | "queue" | "postgres", FakeClock>>;

/** One process' clock is an hour or a day off for some seconds, then right again; half of the time a process dies then. */
export const t19: Drill = {
  id: "T19",
  title: "clocks: ±1 h and ±1 day jumps of api, worker, Redis, Postgres, one at a time",
  fullVolume: 200,
  legVolume: 20,
  injectsFaults: true,
  bound: "no order changes, no lease is lost to a clock, what is live ends within a lease and its sweep",
  boundMs: null,
  leg,
};

async function leg(options: LegOptions): Promise<LegResult> {
  await using statusClock = await FakeClock.open();
  await using queueClock = await FakeClock.open();
  await using postgresClock = await FakeClock.open();
  await using apiClock = await FakeClock.open();
  await using workerClock = await FakeClock.open();
  const clocks = { "status store": statusClock, queue: queueClock, postgres: postgresClock };
  const jumping = new Map<ProcessSlot, FakeClock>();
  return await fleetLeg({
    options,
    fleet: {
      statusRedis: await openSingleRedis(true, [], { env: statusClock.env }),
      apis: 2,
      workers: 2,
      timings: TIMINGS,
      postgresPlace: { env: postgresClock.env },
      queuePlace: { env: queueClock.env },
    },
    boundMs: null,
    // live keys that expire a day too early come back by announcements, the first of which may be a late one
    dataIsLost: true,
    payload: longerJob,
    async round(context, n) {
      if (jumping.size === 0) {
        for (const [slot, clock] of [
          [context.fleet.apis[0], apiClock],
          [context.fleet.workers[0], workerClock],
        ] as const) {
          if (slot === undefined) continue;
          await slot.stop();
          await slot.start(clock.env);
          jumping.set(slot, clock);
        }
      }
      const subject = SUBJECTS[n % SUBJECTS.length] ?? "postgres";
      const jump = JUMPS[Math.floor(n / SUBJECTS.length) % JUMPS.length] ?? "+1h";
      await jumpOnce(context, { subject, jump, clocks, jumping });
      return { faults: 1, recoveryMs: null };
    },
    afterRounds: readCosts,
  });
}

/** At each moment some run and some wait for their next try: for both a row says until when. */
function longerJob(random: Random): ReturnType<NonNullable<DrillLoadOptions["payload"]>> {
  return {
    lastsMs: random.between(200, 2_500),
    failAttempts: random.chance(0.3) ? 1 : 0,
    resultBytes: random.between(0, 200),
    writesFile: random.chance(0.2),
  };
}

interface OneJump {
  readonly subject: Subject;
  readonly jump: Jump;
  readonly clocks: Clocks;
  readonly jumping: ReadonlyMap<ProcessSlot, FakeClock>;
}

async function jumpOnce(context: Context, { subject, jump, clocks, jumping }: OneJump): Promise<void> {
  const { random, violate, say, fleet } = context;
  const clock = subject === "api" || subject === "worker" ? clockOf(jumping, subject) : clocks[subject];
  const kills = random.chance(0.5);
  await sleep(random.between(0, 500));
  const lostBefore = await triesLost(context);
  const end = context.fault(`${subject}: ${jump}${kills ? ", a process killed" : ""}`);
  for (const set of [() => clock.jump(jump), () => clock.setRight()]) {
    const live = await liveJobs(context);
    await set();
    const restarted = kills ? await killOne(random.pick(fleet.slots), jumping) : null;
    const startedAtMs = performance.now();
    // a worker's clock stamps what it writes: only status and attempt are compared
    await context.recovered(await context.lately(), { unixMs: Number.NEGATIVE_INFINITY });
    await untilEnded(context, live, `${subject}: ${jump}`);
    say(
      `${subject}: ${jump}, all that was live has ended after ${Math.round(performance.now() - startedAtMs)} ms`,
    );
    await restarted?.started;
    await sleep(random.between(AWAY_MS.min, AWAY_MS.max));
  }
  end();
  const lost = (await triesLost(context)) - lostBefore;
  if (!kills && lost > 0) violate("I8", `${subject}: ${jump} cost ${lost} tries although no process died`);
}

function clockOf(jumping: ReadonlyMap<ProcessSlot, FakeClock>, role: string): FakeClock {
  const found = [...jumping].find(([slot]) => slot.role === role)?.[1];
  if (found === undefined) throw new Error(`no ${role} process has a clock of its own`);
  return found;
}

/** Any process, the leader of the reconciler among them; its supervisor starts it at once. */
async function killOne(
  slot: ProcessSlot,
  jumping: ReadonlyMap<ProcessSlot, FakeClock>,
): Promise<{ readonly started: Promise<unknown> }> {
  await slot.kill();
  return { started: slot.start(jumping.get(slot)?.env ?? {}) };
}

async function liveJobs({ fleet }: Context): Promise<readonly JobRef[]> {
  const { rows } = await fleet.pool.query<JobRef>(
    "SELECT tenant_id AS tenant, kind, id FROM statusplane.job WHERE finished_at IS NULL",
  );
  return rows;
}

async function untilEnded({ fleet, violate }: Context, refs: readonly JobRef[], what: string): Promise<void> {
  const ids = refs.map(({ id }) => id);
  let left: string[] = [];
  const look = async (): Promise<boolean> => {
    const { rows } = await fleet.pool.query<{ row: string }>(
      `SELECT concat_ws(' ', tenant_id, id, status, attempt, run_at - now(), lease_until - now()) AS row FROM statusplane.job
        WHERE finished_at IS NULL AND id = ANY ($1)`,
      [ids],
    );
    left = rows.map(({ row }) => row);
    return left.length === 0;
  };
  await eventually("what was live has ended", look, ENDS_WITHIN_MS).catch(() => {
    for (const row of left) violate("I8", `${what}: not ended after ${ENDS_WITHIN_MS} ms: ${row}`);
  });
}

async function triesLost({ fleet }: Context): Promise<number> {
  const { rows } = await fleet.pool.query<{ lost: string }>(
    "SELECT coalesce(sum(tries_lost), 0) AS lost FROM statusplane.job",
  );
  return Number(rows[0]?.lost);
}

async function readCosts({ fleet }: Context): Promise<Readonly<Record<string, number>>> {
  const { rows } = await fleet.pool.query<Record<"done" | "failed" | "tries_lost", string>>(
    `SELECT count(*) FILTER (WHERE status = 'DONE') AS done, count(*) FILTER (WHERE status = 'FAILED') AS failed,
            coalesce(sum(tries_lost), 0) AS tries_lost FROM statusplane.job`,
  );
  return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, value]) => [name, Number(value)]));
}

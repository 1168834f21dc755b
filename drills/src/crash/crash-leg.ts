import { type CrashPointName, type JobRef } from "@statusplane/core";
import { CRASH_POINTS } from "@statusplane/core/testing/crash-points";
import { createBullmqQueue } from "@statusplane/redis/bullmq";
import type { LegOptions, LegResult } from "../drill.ts";
import { fleetLeg, type RoundContext } from "../fleet-leg.ts";
import { openSingleRedis, type SingleRedis } from "../fleet/status-redis.ts";
import { collectLeftovers } from "../audit/collect-leftovers.ts";
import { CrashRequests } from "./crash-requests.ts";
import { hitPoints } from "./hit-points.ts";
import { RESULT_MAX_BYTES } from "./scenarios.ts";
import type { Stage } from "./scene.ts";
import { Supervisor } from "./supervisor.ts";

export const ALL_POINTS = Object.keys(CRASH_POINTS) as readonly CrashPointName[];

/** Lease 3 s, sweep 1 s, and a leader that died too: its lease row 1.5 s, its entries 3 s. */
export const BOUND_MS = 12_000;

export interface CrashLegOptions {
  readonly options: LegOptions;
  /** One round after another; no name twice in one. After each everything must agree again. */
  readonly rounds: readonly (readonly CrashPointName[])[];
  readonly dataIsLost: boolean;
}

/** A leg on a fleet in which a process dies at each of these points; throws when one cannot be reached. */
export async function crashLeg({ options, rounds, dataIsLost }: CrashLegOptions): Promise<LegResult> {
  using requests = new CrashRequests();
  const hit = new Set<CrashPointName>();
  let raised = null as Stage | null;
  return await fleetLeg({
    options: { ...options, volume: rounds.flat().length },
    fleet: {
      statusRedis: await openSingleRedis(!dataIsLost),
      apis: 2,
      workers: 3,
      durablePostgres: true,
      env: { DRILL_CRASHES: requests.folder, RESULT_MAX_BYTES: String(RESULT_MAX_BYTES) },
    },
    boundMs: BOUND_MS,
    dataIsLost,
    async round(context, n) {
      raised ??= await raiseStage(context, requests);
      const names = rounds[n] ?? [];
      const end = context.fault(names.join(", "));
      await hitAll(raised, names);
      for (const name of names) hit.add(name);
      const recoveryMs = await context.recovered(await context.lately());
      end();
      return { faults: names.length, recoveryMs };
    },
    async afterRounds({ fleet, load }) {
      await raised?.supervisor.stop();
      for (const ref of raised?.retried ?? []) load.watch(ref); // an unacknowledged retry is no news to its watchers
      const { outputs } = await collectLeftovers(fleet);
      return {
        points_hit: hit.size,
        points_total: ALL_POINTS.length,
        outputs_left_to_the_collector: outputs,
        late_shutdowns: raised?.supervisor.lateShutdowns ?? 0,
      };
    },
  });
}

async function hitAll(stage: Stage, names: readonly CrashPointName[]): Promise<void> {
  const unreached = await hitPoints(stage, names);
  const never = await hitPoints(stage, unreached); // the machine may have been busy: once more
  if (never.length > 0) throw new Error(`no process passed ${never.join(", ")}`);
}

async function raiseStage(context: RoundContext<SingleRedis>, requests: CrashRequests): Promise<Stage> {
  const { fleet, load, random, store, violate, onClose } = context;
  const queue = await createBullmqQueue({ url: fleet.queueRedis.url });
  onClose(() => queue.close());
  const onUnexpected = (what: string): void => violate("I8", what);
  const supervisor = new Supervisor({ fleet, requests, onUnexpected });
  onClose(() => supervisor.stop());
  const scenes = random.fork("scenes");
  const retried = new Set<JobRef>();
  const { views } = store;
  return { fleet, load, supervisor, requests, queue, views, random: scenes, alone: oneAtATime(), retried };
}

/** The next fault begins when the one before has ended, well or not. */
function oneAtATime(): Stage["alone"] {
  let last: Promise<void> = Promise.resolve();
  return (fault) => {
    const mine = last.then(fault);
    last = mine.catch(() => undefined); // whoever began it is told
    return mine;
  };
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Drill } from "../drill.ts";
import { fleetLeg } from "../fleet-leg.ts";
import { openSingleRedis } from "../fleet/status-redis.ts";

/** Every process is replaced, one after another, while work and watching go on: SIGTERM, then its successor. */
export const t23: Drill = {
  id: "T23",
  title: "rolling restart of all processes by SIGTERM",
  fullVolume: 200,
  legVolume: 8, // half a minute each where others use the machine, too
  injectsFaults: true,
  bound: "0 failed jobs, 0 tries used up, 0 × 5xx, exit code 0",
  boundMs: null,
  leg: async (options) =>
    fleetLeg({
      options,
      fleet: { statusRedis: await openSingleRedis(true), apis: 2, workers: 2, env: { DRAIN_SECONDS: "5" } },
      boundMs: null,
      dataIsLost: false,
      payload: (random) => ({
        lastsMs: random.between(100, 3_000),
        failAttempts: 0,
        resultBytes: random.between(0, 200),
        writesFile: random.chance(0.2),
      }),
      async round({ fleet, random, fault, violate }) {
        const end = fault("deploy");
        for (const [index, slot] of fleet.slots.entries()) {
          const stopped = slot.stop();
          if (slot.role === "api") fleet.takeOut(index); // as a balancer that asked whether it is ready
          const code = await stopped;
          if (code !== 0) violate("I8", `a ${slot.role} process ended with ${code} at SIGTERM`);
          await slot.start();
          if (slot.role === "api") fleet.putBack(index);
          await sleep(random.between(100, 500));
        }
        end();
        return { faults: 1, recoveryMs: null };
      },
      async afterRounds({ fleet, load, violate }) {
        const { rows } = await fleet.pool.query<{ row: string }>(
          `SELECT concat_ws(' ', tenant_id, id, status, attempt, tries, last_error_code) AS row FROM statusplane.job
            WHERE status = 'FAILED' OR tries > 1 OR tries_lost > 0`,
        );
        for (const { row } of rows) violate("I8", `a deploy cost a try: ${row}`);
        for (const [answer, times] of load.refusals)
          violate("I10", `a submit was answered ${answer}, ${times} times`);
        for (const [answer, times] of load.clientErrors)
          violate("I10", `a client saw ${answer}, ${times} times`);
        const handedBack = await fleet.pool.query("SELECT FROM statusplane.job WHERE attempt > 1");
        return { handed_back: handedBack.rowCount ?? 0 };
      },
    }),
};

import { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import type { Drill } from "../drill.ts";
import { fleetLeg } from "../fleet-leg.ts";
import { openSingleRedis } from "../fleet/status-redis.ts";
import { readStatements, ROW_LOOK_UPS } from "../audit/statements.ts";

const BOUND_MS = 20_000;

/** Redis without AOF is killed, or flushed: all of it is gone while work goes on. */
export const t5: Drill = {
  id: "T5",
  title: "kill −9 of Redis without AOF, and FLUSHALL, under load",
  fullVolume: 500,
  legVolume: 25,
  injectsFaults: true,
  bound: "running ≤ 12 s; PENDING and terminal ≤ 20 s; SELECTs ≤ 1 per running job and loss",
  boundMs: BOUND_MS,
  leg: async (options) => {
    let lossesOfRunning = 0;
    let looks = 0;
    return fleetLeg({
      options,
      fleet: { statusRedis: await openSingleRedis(false), apis: 2, workers: 2 },
      boundMs: BOUND_MS,
      dataIsLost: true,
      async round({ fleet, random, recovered, fault, violate }) {
        await sleep(random.between(500, 1_500));
        const running = await countRunning(fleet.pool);
        const before = await readStatements(fleet.pool, ROW_LOOK_UPS);
        const end = fault("redis emptied");
        if (random.chance(0.5)) {
          await fleet.statusRedis.kill();
          await fleet.statusRedis.start();
        } else {
          const redis = new Redis(fleet.statusRedis.url);
          await redis.flushall();
          redis.disconnect();
        }
        const all = await fleet.pool.query<never>(
          "SELECT tenant_id AS tenant, kind, id FROM statusplane.job",
        );
        const recoveryMs = await recovered(all.rows);
        end();
        const selects = (await readStatements(fleet.pool, ROW_LOOK_UPS)) - before;
        looks += selects;
        lossesOfRunning += running;
        // jobs that started while Redis was away are looked at, too: each running job once per loss
        if (selects > 4 * (running + 20))
          violate("I7", `${selects} looks at rows for ${running} running jobs`);
        return { faults: 1, recoveryMs };
      },
      afterRounds: () => Promise.resolve({ running_at_losses: lossesOfRunning, selects: looks }),
    });
  },
};

async function countRunning(pool: import("pg").Pool): Promise<number> {
  const { rows } = await pool.query<{ count: string }>(
    "SELECT count(*) FROM statusplane.job WHERE status = 'PROCESSING'",
  );
  return Number(rows[0]?.count);
}

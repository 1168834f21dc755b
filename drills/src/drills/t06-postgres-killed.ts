import { setTimeout as sleep } from "node:timers/promises";
import type { Drill } from "../drill.ts";
import { fleetLeg } from "../fleet-leg.ts";
import { openSingleRedis } from "../fleet/status-redis.ts";

/** Leases of 3 s may be over by the time Postgres answers again: one lost lease and its sweep come on top of the 3 s. */
const BOUND_MS = 8_000;

/** SIGKILL of the postmaster and all backends, as a power cut; it starts again on the same data. */
export const t6: Drill = {
  id: "T6",
  title: "kill −9 of Postgres (postmaster and backends)",
  fullVolume: 1_000,
  legVolume: 50,
  injectsFaults: true,
  bound: "0 acknowledged submits or ends lost; agrees again ≤ 3 s (≤ 8 s where leases ran out meanwhile)",
  boundMs: BOUND_MS,
  leg: async (options) =>
    fleetLeg({
      options,
      fleet: { statusRedis: await openSingleRedis(true), apis: 2, workers: 2, durablePostgres: true },
      boundMs: BOUND_MS,
      dataIsLost: false,
      async round({ fleet, random, lately, recovered, fault }) {
        await sleep(random.between(0, 700));
        const refs = await lately();
        const end = fault("postgres killed");
        await fleet.postgres.kill();
        await sleep(random.between(0, 500));
        await fleet.postgres.start();
        await fleet.databaseAnswers();
        const recoveryMs = await recovered(refs);
        end();
        return { faults: 1, recoveryMs };
      },
    }),
};

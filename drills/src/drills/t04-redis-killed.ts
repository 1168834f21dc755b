import { setTimeout as sleep } from "node:timers/promises";
import type { Drill } from "../drill.ts";
import { fleetLeg } from "../fleet-leg.ts";
import { openSingleRedis } from "../fleet/status-redis.ts";

const BOUND_MS = 8_000;

/** SIGKILL of the status store's Redis, which has an AOF; it comes back after up to a second. */
export const t4: Drill = {
  id: "T4",
  title: "kill −9 of Redis (AOF everysec)",
  fullVolume: 1_000,
  legVolume: 50,
  injectsFaults: true,
  bound: "≤ 1.5 s what a worker holds, ≤ 8 s what the relay brings",
  boundMs: BOUND_MS,
  leg: async (options) =>
    fleetLeg({
      options,
      fleet: { statusRedis: await openSingleRedis(true), apis: 2, workers: 2 },
      boundMs: BOUND_MS,
      // AOF everysec may lose its last second when the machine dies; a process kill loses nothing (M7)
      dataIsLost: false,
      async round({ fleet, random, lately, recovered, fault }) {
        await sleep(random.between(0, 500));
        const end = fault("redis killed");
        await fleet.statusRedis.kill();
        await sleep(random.between(0, 1_000));
        await fleet.statusRedis.start();
        const recoveryMs = await recovered(await lately());
        end();
        return { faults: 1, recoveryMs };
      },
    }),
};

import { setTimeout as sleep } from "node:timers/promises";
import type { Drill } from "../drill.ts";
import { fleetLeg } from "../fleet-leg.ts";
import { openSingleRedis } from "../fleet/status-redis.ts";

/** A lease of 3 s and what comes after it: a sweep each second, a tick each half second. */
const BOUND_MS = 5_000;

/** SIGKILL of a worker at any moment; a supervisor starts it again a moment later. */
export const t1: Drill = {
  id: "T1",
  title: "kill −9 of a worker at a random moment",
  fullVolume: 1_000,
  legVolume: 50,
  injectsFaults: true,
  bound: "moves again ≤ lease + 15 s (scaled: 5 s)",
  boundMs: BOUND_MS,
  leg: async (options) =>
    fleetLeg({
      options,
      fleet: { statusRedis: await openSingleRedis(true), workers: 4, apis: 1 },
      boundMs: BOUND_MS,
      dataIsLost: false,
      async round({ fleet, random, lately, recovered, fault }) {
        const slot = random.pick(fleet.workers);
        await sleep(random.between(0, 600));
        const end = fault("worker killed");
        const unixMs = Date.now();
        await slot.kill();
        const refs = await lately();
        const starting = slot.start();
        const recoveryMs = await recovered(refs, { unixMs });
        await starting;
        end();
        return { faults: 1, recoveryMs };
      },
    }),
};

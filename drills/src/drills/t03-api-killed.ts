import { setTimeout as sleep } from "node:timers/promises";
import type { Drill } from "../drill.ts";
import { fleetLeg } from "../fleet-leg.ts";
import { openSingleRedis } from "../fleet/status-redis.ts";
import { probeUntilAnswered } from "../load/probe.ts";

const BOUND_MS = 2_000;

/** SIGKILL of one of two api processes behind a balancer, with submits, clients and raw pollers on it. */
export const t3: Drill = {
  id: "T3",
  title: "kill −9 of an api process under pollers and submits",
  fullVolume: 1_000,
  legVolume: 50,
  injectsFaults: true,
  bound: "answers again ≤ 2 s",
  boundMs: BOUND_MS,
  leg: async (options) =>
    fleetLeg({
      options,
      fleet: { statusRedis: await openSingleRedis(true), apis: 2, workers: 2 },
      boundMs: BOUND_MS,
      dataIsLost: false,
      async round({ fleet, random, fault, violate }) {
        const slot = random.pick(fleet.apis);
        await sleep(random.between(0, 500));
        const end = fault("api killed");
        await slot.kill();
        const recoveryMs = await probeUntilAnswered(fleet);
        end();
        if (recoveryMs > BOUND_MS) violate("I4", `no answer for ${Math.round(recoveryMs)} ms`);
        await slot.start();
        return { faults: 1, recoveryMs };
      },
    }),
};

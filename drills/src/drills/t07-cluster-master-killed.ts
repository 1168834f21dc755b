import { eventually } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import type { Drill } from "../drill.ts";
import { fleetLeg } from "../fleet-leg.ts";
import { openClusterRedis } from "../fleet/status-redis.ts";
import { Spread } from "../report/spread.ts";

/** After the promotion: what the relay brings, as after any outage. */
const BOUND_MS = 8_000;
const NODE_TIMEOUT_MS = 1_000;

/** SIGKILL of a master of six; in half of the rounds its replica was stopped before, so that acknowledged writes are lost. */
export const t7: Drill = {
  id: "T7",
  title: "Cluster: kill −9 of a master, half of them with a replica that lags 0.2–2 s (real loss)",
  fullVolume: 300,
  legVolume: 15,
  injectsFaults: true,
  bound: "≤ failover + 3 s what workers hold, ≤ 8 s what the relay brings; loss noticed",
  boundMs: BOUND_MS,
  leg: async (options) => {
    const failovers = new Spread();
    return fleetLeg({
      options,
      fleet: { statusRedis: await openClusterRedis(NODE_TIMEOUT_MS), apis: 2, workers: 2 },
      boundMs: BOUND_MS,
      dataIsLost: true,
      async round({ fleet, random, lately, recovered, fault }) {
        const { nodes } = fleet.statusRedis;
        const master = random.pick(await nodes.masters());
        const lags = random.chance(0.5);
        const end = fault(lags ? "master killed, replica lags" : "master killed");
        const killedAtMs = performance.now();
        if (lags) {
          const replicas = await nodes.replicasOf(master.port);
          for (const replica of replicas) replica.pause();
          await sleep(random.between(200, 2_000));
          await master.kill();
          for (const replica of replicas) replica.resume();
        } else {
          await master.kill();
        }
        await eventually(
          "a replica is promoted",
          async () => {
            const masters = await nodes.masters();
            return masters.length === 3 && masters.every(({ port }) => port !== master.port);
          },
          60_000,
        );
        failovers.add(performance.now() - killedAtMs);
        const recoveryMs = await recovered(await lately());
        end();
        await master.start();
        await nodes.settled();
        return { faults: 1, recoveryMs };
      },
      afterRounds: () => Promise.resolve({ failover: failovers.summary() }),
    });
  },
};

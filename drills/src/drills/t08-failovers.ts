import { eventually } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import type { Drill, LegOptions, LegResult } from "../drill.ts";
import { fleetLeg } from "../fleet-leg.ts";
import { openClusterRedis, openSentinelRedis } from "../fleet/status-redis.ts";
import { addResults } from "../report/add-results.ts";
import { Spread } from "../report/spread.ts";

const BOUND_MS = 8_000;
const DOWN_AFTER_MS = 1_000;
/** Four in five rounds are Sentinel failovers, the rest changes of a Cluster that is well. */
const SENTINEL_SHARE = 0.8;
const SLOTS_MOVED = 20;

export const t8: Drill = {
  id: "T8",
  title: "Sentinel failover (3 sentinels, 1+2), CLUSTER FAILOVER and resharding under load",
  fullVolume: 250,
  legVolume: 25,
  injectsFaults: true,
  bound: "≤ 5 s after the promotion (8 s what the relay brings)",
  boundMs: BOUND_MS,
  async leg(options) {
    const sentinelVolume = Math.max(1, Math.round(options.volume * SENTINEL_SHARE));
    const first = await sentinelLeg({ ...options, volume: sentinelVolume });
    if (options.volume <= sentinelVolume) return first;
    return addResults(first, await clusterLeg({ ...options, volume: options.volume - sentinelVolume }));
  },
};

/** The master is killed; a replica takes over, the killed one comes back as its replica. */
async function sentinelLeg(options: LegOptions): Promise<LegResult> {
  const failovers = new Spread();
  return fleetLeg({
    options,
    fleet: { statusRedis: await openSentinelRedis(DOWN_AFTER_MS), apis: 2, workers: 2 },
    boundMs: BOUND_MS,
    dataIsLost: true, // replication is asynchronous: what was not copied yet is lost
    async round({ fleet, random, lately, recovered, fault }) {
      const { servers } = fleet.statusRedis;
      await sleep(random.between(0, 500));
      const master = await servers.master();
      const end = fault("sentinel failover");
      const killedAtMs = performance.now();
      await master.kill();
      await eventually(
        "another one is promoted",
        async () => (await servers.master()).port !== master.port,
        60_000,
      );
      failovers.add(performance.now() - killedAtMs);
      const recoveryMs = await recovered(await lately());
      end();
      await master.start();
      await servers.settled();
      return { faults: 1, recoveryMs };
    },
    afterRounds: () => Promise.resolve({ sentinel_failover: failovers.summary() }),
  });
}

/** Nothing dies: a replica takes over in agreement, or slots with live keys move to another master. */
async function clusterLeg(options: LegOptions): Promise<LegResult> {
  let moved = 0;
  return fleetLeg({
    options,
    fleet: { statusRedis: await openClusterRedis(DOWN_AFTER_MS), apis: 2, workers: 2 },
    boundMs: BOUND_MS,
    dataIsLost: false,
    async round({ fleet, random, lately, recovered, fault }) {
      const { nodes } = fleet.statusRedis;
      const reshards = random.chance(0.5);
      const end = fault(reshards ? "reshard" : "cluster failover");
      if (reshards) moved += (await nodes.reshard(SLOTS_MOVED)).length;
      else {
        const master = random.pick(await nodes.masters());
        const [replica] = await nodes.replicasOf(master.port);
        if (replica === undefined) throw new Error("a master without a replica");
        await nodes.failover(replica.port);
      }
      const recoveryMs = await recovered(await lately());
      end();
      await nodes.settled();
      return { faults: 1, recoveryMs };
    },
    afterRounds: () => Promise.resolve({ slots_moved: moved }),
  });
}

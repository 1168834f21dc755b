import { setTimeout as sleep } from "node:timers/promises";
import type { Drill } from "../drill.ts";
import { fleetLeg } from "../fleet-leg.ts";
import { openSingleRedis } from "../fleet/status-redis.ts";

const BOUND_MS = 8_000;
const LONGEST_MS = 10_000;
/** A zombie is what is paused beyond its lease: half of the workers' pauses are. */
const LEASE_MS = 3_000;

/** SIGSTOP and SIGCONT of workers (five times as often as the others), apis (the relay is in one), Redis and Postgres. */
export const t9: Drill = {
  id: "T9",
  title: "SIGSTOP 0.1–10 s of worker, api (relay), Redis, Postgres: zombie writers",
  fullVolume: 1_800,
  legVolume: 36,
  injectsFaults: true,
  bound: "every zombie write fenced or finished; agrees ≤ 8 s after SIGCONT",
  boundMs: BOUND_MS,
  leg: async (options) =>
    fleetLeg({
      options,
      fleet: { statusRedis: await openSingleRedis(true), apis: 2, workers: 4 },
      boundMs: BOUND_MS,
      dataIsLost: false,
      async round({ fleet, random, lately, recovered, fault }) {
        const whom = random.pick([
          "worker",
          "worker",
          "worker",
          "worker",
          "worker",
          "api",
          "api",
          "redis",
          "postgres",
        ]);
        const forMs = random.chance(0.5)
          ? random.between(100, LEASE_MS)
          : random.between(LEASE_MS, whom === "worker" ? LONGEST_MS : 2 * LEASE_MS);
        const end = fault(`${whom} paused`);
        const resume = await pauseOne(whom, fleet, random.next());
        await sleep(forMs);
        await resume();
        const recoveryMs = await recovered(await lately());
        end();
        return { faults: 1, recoveryMs };
      },
    }),
};

type AnyFleet = import("../fleet/fleet.ts").Fleet<import("../fleet/status-redis.ts").SingleRedis>;

async function pauseOne(whom: string, fleet: AnyFleet, chance: number): Promise<() => Promise<void>> {
  if (whom === "redis") {
    fleet.statusRedis.pause();
    return async () => fleet.statusRedis.resume();
  }
  if (whom === "postgres") {
    await fleet.postgres.pause();
    return () => fleet.postgres.resume();
  }
  const slots = whom === "worker" ? fleet.workers : fleet.apis;
  const { program } = slots[Math.floor(chance * slots.length)] ?? fleet.slots[0] ?? unreachable();
  program.pause();
  return async () => program.resume();
}

function unreachable(): never {
  throw new Error("the fleet has no process");
}

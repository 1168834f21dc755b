import { DEFAULT_TIMINGS } from "@statusplane/core";
import { withClient } from "@statusplane/test-support";
import { API_ROLE, WORKER_ROLE } from "../../../test/end-to-end/support/deployment.ts";
import { Fleet, type FleetOptions } from "../fleet/fleet.ts";
import type { ProcessSlot } from "../fleet/process-slot.ts";
import { openSingleRedis, type SingleRedis } from "../fleet/status-redis.ts";

/** The database roles of a role fleet's processes. */
export const ROLES = [API_ROLE, WORKER_ROLE] as const;

/** Statements are counted, not timed: one that a busy machine is late with is no other. */
const DATABASE_DEADLINE_MS = 20_000;

/** A fleet at the product's own intervals, whose processes have database roles of their own: Postgres says whose a statement was. */
export async function openRoleFleet(
  options: Pick<FleetOptions<SingleRedis>, "workers" | "env"> = {},
): Promise<Fleet<SingleRedis>> {
  const statusRedis = await openSingleRedis(true);
  const fleet = await Fleet.open({
    ...{
      statusRedis,
      apis: 2,
      workers: 2,
      timings: { ...DEFAULT_TIMINGS, databaseDeadlineMs: DATABASE_DEADLINE_MS },
    },
    ...options,
  });
  try {
    await withClient(fleet.databaseUrl, async (client) => {
      for (const role of ROLES) await client.query(`CREATE ROLE ${role} LOGIN SUPERUSER`);
    });
    for (const slot of fleet.slots) {
      await slot.stop();
      await startAsRole(fleet, slot);
    }
    return fleet;
  } catch (error) {
    await fleet.close();
    throw error;
  }
}

/** Starts a process of a role fleet with the database role of its own. */
export async function startAsRole(fleet: Fleet, slot: ProcessSlot): Promise<void> {
  const role = slot.role === "worker" ? WORKER_ROLE : API_ROLE;
  await slot.start({ DATABASE_URL: fleet.databaseUrl.replace("postgres@", `${role}@`) });
}

import { keyInTenant } from "./job-ref.ts";
import type { StatusReader, TenantLists } from "./status-store-ports.ts";

/** So many live jobs of a tenant are shown at most; the others are `more`. */
export const MAX_ACTIVE_SHOWN = 100;
/** So many ended jobs of a tenant are remembered at most. */
export const MAX_ENDED = 100;
/** An ended job is remembered so long, in seconds. */
export const ENDED_LIFE_SECONDS = 86_400;

/**
 * Both lists of a tenant, read in one turn. They are not atomic with the snapshots: a job that lives again may still be on
 * the ended one, and is then shown as live alone.
 * @throws {store_unavailable}
 */
export async function readTenantLists(
  reader: Pick<StatusReader, "readActive" | "readEnded">,
  tenant: string,
): Promise<TenantLists> {
  const [active, remembered] = await Promise.all([
    reader.readActive(tenant, MAX_ACTIVE_SHOWN),
    reader.readEnded(tenant),
  ]);
  const live = new Set(active.snapshots.map(({ ref }) => keyInTenant(ref)));
  return { active, ended: remembered.filter(({ ref }) => !live.has(keyInTenant(ref))) };
}

/** Who is on the lists, in one string: equal where nothing has changed but snapshots and their order. */
export function listsIdentity({ active, ended }: TenantLists): string {
  const live = active.snapshots.map(({ ref }) => keyInTenant(ref)).sort();
  const over = ended.map(({ ref, endedAtMs }) => `${keyInTenant(ref)}=${endedAtMs}`);
  return `${live.join()};${active.more};${over.join()}`;
}

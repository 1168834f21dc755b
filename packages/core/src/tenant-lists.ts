import { keyInTenant } from "./job-ref.ts";
import type { StatusReader, TenantLists } from "./status-store-ports.ts";
import type { WriteAnswer } from "./transitions.ts";

/** So many live jobs of a tenant are shown at most; the others are `more`. */
export const MAX_ACTIVE_SHOWN = 100;
/** So many ended jobs of a tenant are remembered at most. */
export const MAX_ENDED = 100;
/** An ended job is remembered so long, in seconds. */
export const ENDED_LIFE_SECONDS = 86_400;

/**
 * Why a job is put on its tenant's active list. `announced`: it comes to the top · `reopened`: that, and it is no longer on
 * the ended list · `alive`: it is put back where it is missing, and keeps its place otherwise, so that nothing moves where
 * nothing begins.
 */
export type Liveness = "announced" | "reopened" | "alive";

/** What an announcement of this attempt with this answer says of its job; null: not that it is live. */
export function livenessAfter(answer: WriteAnswer, attempt: number): Liveness | null {
  // no first attempt was on the ended list before, and a slow announcement of one may be told after its end
  if (answer === "accepted") return attempt > 1 ? "reopened" : "announced";
  return answer === "duplicate" || answer === "stale" ? "alive" : null;
}

/** Whether the end of a finishing write is what the store says now. */
export function isEndTaken(answer: WriteAnswer): boolean {
  return answer === "accepted" || answer === "duplicate";
}

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

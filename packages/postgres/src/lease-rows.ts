import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

const RESIGN: Statement = {
  name: "resign",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `UPDATE :"statusplane".reconciler SET owner = NULL, lease_until = '-infinity' WHERE owner = $1::text`,
};

const EXPIRE_ALL: Statement = {
  name: "expire_all_leases",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    WITH jobs AS (UPDATE :"statusplane".job SET lease_until = now() - interval '1 millisecond' WHERE status = 'PROCESSING')
    UPDATE :"statusplane".reconciler SET owner = NULL, lease_until = '-infinity'`,
};

/** Gives the reconciler's lease up, if it is the owner's. */
export async function resign({ send }: Context, owner: string): Promise<void> {
  await send(RESIGN, [owner]);
}

/** Ends every lease, the reconciler's too. Only for whoever knows that no other process lives. */
export async function expireAllLeases({ send }: Context): Promise<void> {
  await send(EXPIRE_ALL, []);
}

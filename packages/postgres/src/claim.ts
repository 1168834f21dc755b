import type { ClaimOutcome, JobRef, Json } from "@statusplane/core";
import { RECORD_COLUMNS, toRecord } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

/** Takes the PENDING row and keeps its attempt. A delivery that comes twice neither uses a try nor runs twice. */
const CLAIM: Statement = {
  name: "claim",
  cause: "work",
  side: "background",
  repeatable: false, // a claim whose answer was lost may hold a lease that nobody serves: it is released
  text: `
    WITH claimed AS (
      UPDATE :"statusplane".job
      SET status = 'PROCESSING', tries = tries + 1, started_at = now(), updated_at = now(),
          lease_until = now() + $6::float8 * interval '1 millisecond', lease_owner = $5::text
      WHERE tenant_id = $2::text AND kind = $3::text AND id = $4::text
        AND status = 'PENDING' AND run_at <= now()
      RETURNING *
    )
    SELECT checkpoint, ${RECORD_COLUMNS} FROM claimed`,
};

const LOOK: Statement = {
  name: "claim_look",
  cause: "work",
  side: "background",
  repeatable: true,
  text: `
    SELECT ceil(extract(epoch FROM run_at - now()) * 1000)::float8 AS delay_ms
    FROM :"statusplane".job
    WHERE tenant_id = $1::text AND kind = $2::text AND id = $3::text AND status = 'PENDING'`,
};

/** Gives `owner` the right to execute for `leaseMs`. One statement; without a row to take, a look at why. */
export async function claim(
  { send, resultInlineMaxBytes }: Context,
  ref: JobRef,
  lease: { readonly owner: string; readonly leaseMs: number },
): Promise<ClaimOutcome> {
  const key = [ref.tenant, ref.kind, ref.id];
  const [claimed] = await send(CLAIM, [resultInlineMaxBytes, ...key, lease.owner, lease.leaseMs]);
  if (claimed !== undefined) {
    return { outcome: "claimed", record: toRecord(claimed), checkpoint: claimed["checkpoint"] as Json };
  }
  const [waiting] = await send(LOOK, key);
  if (waiting === undefined) return { outcome: "gone" };
  return { outcome: "later", delayMs: Math.max(1, Number(waiting["delay_ms"])) };
}

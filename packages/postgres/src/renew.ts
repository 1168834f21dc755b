import { encodeJson, type LeaseOf, type Renewal } from "@statusplane/core";
import { toRef } from "./record-row.ts";
import { refColumns } from "./ref-columns.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

/** A checkpoint that was not given leaves the row's alone. */
const RENEW: Statement = {
  name: "renew",
  cause: "work",
  side: "background",
  repeatable: true,
  text: `
    UPDATE :"statusplane".job
    SET lease_until = now() + $5::float8 * interval '1 millisecond',
        checkpoint = coalesce(held.checkpoint::json, job.checkpoint)
    FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $6::text[])
      AS held (tenant_id, kind, id, attempt, checkpoint)
    WHERE job.tenant_id = held.tenant_id AND job.kind = held.kind AND job.id = held.id
      AND job.attempt = held.attempt AND job.status = 'PROCESSING'
    RETURNING job.tenant_id, job.kind, job.id, job.attempt, job.cancel_requested`,
};

/** Renews all leases of a process by one statement. What is missing from the answer is lost. */
export async function renew(
  { send }: Context,
  leases: readonly Renewal[],
  leaseMs: number,
): Promise<(LeaseOf & { readonly cancelRequested: boolean })[]> {
  if (leases.length === 0) return [];
  const attempts = leases.map((lease) => lease.attempt);
  const checkpoints = leases.map(({ checkpoint }) =>
    checkpoint === undefined ? null : encodeJson(checkpoint),
  );
  const refs = refColumns(leases.map((lease) => lease.ref));
  const rows = await send(RENEW, [...refs, attempts, leaseMs, checkpoints]);
  return rows.map((row) => ({
    ref: toRef(row),
    attempt: Number(row["attempt"]),
    cancelRequested: row["cancel_requested"] === true,
  }));
}

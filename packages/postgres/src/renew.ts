import type { LeaseOf } from "@statusplane/core";
import { toRef } from "./record-row.ts";
import { refColumns } from "./ref-columns.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

const RENEW: Statement = {
  name: "renew",
  cause: "work",
  side: "background",
  repeatable: true,
  text: `
    UPDATE job SET lease_until = now() + $5::float8 * interval '1 millisecond'
    FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) AS held (tenant_id, kind, id, attempt)
    WHERE job.tenant_id = held.tenant_id AND job.kind = held.kind AND job.id = held.id
      AND job.attempt = held.attempt AND job.status = 'PROCESSING'
    RETURNING job.tenant_id, job.kind, job.id, job.attempt, job.cancel_requested`,
};

/** Renews all leases of a process by one statement. What is missing from the answer is lost. */
export async function renew(
  { send }: Context,
  leases: readonly LeaseOf[],
  leaseMs: number,
): Promise<(LeaseOf & { readonly cancelRequested: boolean })[]> {
  if (leases.length === 0) return [];
  const attempts = leases.map((lease) => lease.attempt);
  const rows = await send(RENEW, [...refColumns(leases.map((lease) => lease.ref)), attempts, leaseMs]);
  return rows.map((row) => ({
    ref: toRef(row),
    attempt: Number(row["attempt"]),
    cancelRequested: row["cancel_requested"] === true,
  }));
}

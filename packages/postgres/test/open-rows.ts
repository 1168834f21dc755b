import type { JobRef, Json } from "@statusplane/core";
import type { HeldEntry, OpenedRecords } from "@statusplane/core/testing/job-records";
import type { Database } from "@statusplane/postgres";

/** The database as the contract's tests look at it. */
export function openedRecords(database: Database, close: () => Promise<void>): OpenedRecords {
  const { worker, requests, reconciler } = database;
  return {
    worker,
    requests,
    reconciler,
    entryOf: (ref) => entryOf(database, ref),
    checkpointOf: (ref) => checkpointOf(database, ref),
    hangingOn: (ref) => hangingOn(database, ref),
    letPass: (ref, what, byMs) => letPass(database, ref, what, byMs),
    statements: () => Object.values(database.statements).reduce((sum, count) => sum + count, 0),
    quiet: () => quiet(database),
    clear: () => clear(database),
    close,
  };
}

/** The entry of one job as the table holds it. */
export async function entryOf(database: Database, ref: JobRef): Promise<HeldEntry | null> {
  const { rows } = await database.query("watching", {
    text: `SELECT generation::text AS generation, applied_at IS NOT NULL AS applied,
             round(extract(epoch FROM due_at - now()) * 1000)::float8 AS due_in_ms
           FROM statusplane.job_outbox WHERE tenant_id = $1 AND kind = $2 AND id = $3`,
    values: [ref.tenant, ref.kind, ref.id],
  });
  const [row] = rows;
  if (row === undefined) return null;
  return {
    generation: String(row["generation"]),
    dueInMs: Number(row["due_in_ms"]),
    applied: row["applied"] === true,
  };
}

async function checkpointOf(database: Database, { tenant, kind, id }: JobRef): Promise<Json> {
  const text = "SELECT checkpoint FROM statusplane.job WHERE tenant_id = $1 AND kind = $2 AND id = $3";
  const { rows } = await database.query("watching", { text, values: [tenant, kind, id] });
  return (rows[0]?.["checkpoint"] ?? null) as Json;
}

async function hangingOn(database: Database, { tenant, kind, id }: JobRef): Promise<number> {
  const key = "WHERE tenant_id = $1 AND kind = $2 AND id = $3";
  const text = `SELECT FROM statusplane.job_attempt ${key} UNION ALL SELECT FROM statusplane.idempotency ${key}`;
  return (await database.query("watching", { text, values: [tenant, kind, id] })).rowCount;
}

/** Makes the job's lease, run time, entry or end lie so far back. */
export async function letPass(
  database: Database,
  ref: JobRef,
  what: Parameters<OpenedRecords["letPass"]>[1],
  byMs = 1_000,
): Promise<void> {
  const [table, column] = {
    lease: ["job", "lease_until"],
    backoff: ["job", "run_at"],
    entry: ["job_outbox", "due_at"],
    end: ["job", "finished_at"],
  }[what];
  const { rowCount } = await database.query("watching", {
    text: `UPDATE statusplane.${table} SET ${column} = now() - $4::float8 * interval '1 millisecond'
           WHERE tenant_id = $1 AND kind = $2 AND id = $3`,
    values: [ref.tenant, ref.kind, ref.id, byMs],
  });
  if (rowCount !== 1) throw new Error(`nothing to let pass: ${what}`);
}

/** Takes all jobs away. */
export async function clear(database: Database): Promise<void> {
  await database.query("watching", { text: "DELETE FROM statusplane.job" });
}

/** Ends what earlier tests left due, so that a test sees only its own. */
export async function quiet(database: Database): Promise<void> {
  await database.query("watching", { text: "DELETE FROM statusplane.job_outbox" });
  await database.query("watching", {
    text: "UPDATE statusplane.job SET lease_until = now() + interval '1 hour' WHERE status = 'PROCESSING'",
  });
  await database.query("watching", {
    text: "UPDATE statusplane.reconciler SET owner = NULL, lease_until = '-infinity'",
  });
}

import type { JobRef, RemoveOutcome } from "@statusplane/core";
import { eraseViewsOf } from "./erase-views.ts";
import { find } from "./find.ts";
import { leaveEntry } from "./outbox-entry.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

/**
 * What goes with removed rows: keys and attempts, and by foreign keys with ON DELETE CASCADE whatever an application has
 * hung on them. What stays is an entry without a row: what is outside is to be removed.
 */
const goWith = (removed: string, dueInMs: string): string => `
    keys AS (
      DELETE FROM :"statusplane".idempotency AS used USING ${removed} AS gone
      WHERE used.tenant_id = gone.tenant_id AND used.kind = gone.kind AND used.id = gone.id
    ), attempts AS (
      DELETE FROM :"statusplane".job_attempt AS ended USING ${removed} AS gone
      WHERE ended.tenant_id = gone.tenant_id AND ended.kind = gone.kind AND ended.id = gone.id
    ), ${eraseViewsOf(removed)}, entry AS (${leaveEntry(removed, dueInMs)})`;

const REMOVE: Statement = {
  name: "remove",
  cause: "people",
  side: "request",
  repeatable: false, // zero rows would look like a job that never was
  text: `
    WITH removed AS (
      DELETE FROM :"statusplane".job
      WHERE tenant_id = $2::text AND kind = $3::text AND id = $4::text AND finished_at IS NOT NULL
      RETURNING tenant_id, kind, id
    ), ${goWith("removed", "$1::float8")}
    SELECT id FROM removed`,
};

const REMOVE_ENDED: Statement = {
  name: "remove_ended",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    WITH over AS MATERIALIZED (
      SELECT tenant_id, kind, id
      FROM :"statusplane".job
      WHERE finished_at < now() - $1::float8 * interval '1 millisecond'
      ORDER BY finished_at
      LIMIT $2::int
      FOR UPDATE SKIP LOCKED
    ), removed AS (
      DELETE FROM :"statusplane".job USING over
      WHERE job.tenant_id = over.tenant_id AND job.kind = over.kind AND job.id = over.id
        AND job.finished_at IS NOT NULL
      RETURNING job.tenant_id, job.kind, job.id
    ), ${goWith("removed", "0")}
    SELECT count(*)::int AS removed FROM removed`,
};

/** One statement, and a look where it removed nothing. */
export async function remove(context: Context, ref: JobRef): Promise<RemoveOutcome> {
  const rows = await context.send(REMOVE, [context.committerGraceMs, ref.tenant, ref.kind, ref.id]);
  if (rows.length > 0) return "removed";
  return (await find(context, ref, "people")) === null ? "not_found" : "not_finished";
}

/** @returns how many rows were removed; below `limit` there are no more. */
export async function removeEnded({ send }: Context, olderThanMs: number, limit: number): Promise<number> {
  const [row] = await send(REMOVE_ENDED, [olderThanMs, limit]);
  return Number(row?.["removed"] ?? 0);
}

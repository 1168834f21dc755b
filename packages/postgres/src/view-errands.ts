import { readPolicy, type ViewErrand, type ViewRef } from "@statusplane/core";
import type { Context } from "./settings.ts";
import type { Row, Statement } from "./statement.ts";
import { asMs, toViewRef } from "./view-rows.ts";

const TAKE_ERRANDS: Statement = {
  name: "take_view_errands",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    SELECT errand.id, errand.tenant_id, errand.video_id, errand.viewer, errand.videos, errand.is_policy,
      held.policy, held.revision
    FROM :"statusplane".view_errand AS errand
      LEFT JOIN :"statusplane".view_policy AS held
        ON errand.is_policy AND held.tenant_id = errand.tenant_id AND held.video_id = coalesce(errand.video_id, '')
    WHERE errand.done_at IS NULL
    ORDER BY errand.id
    LIMIT $1::int`,
};

/** Remembered for a week: an erasure, so that no late flush brings anything back, and what a policy decided. */
const SETTLE_ERRANDS: Statement = {
  name: "settle_view_errands",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    UPDATE :"statusplane".view_errand SET done_at = now() WHERE id = ANY ($1::bigint[])`,
};

/** By the policies as they are; a decision that was made stays. Counted with it, so that no view is counted twice. */
const DECIDE_ANEW: Statement = {
  name: "decide_views_anew",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    WITH due AS MATERIALIZED (
      SELECT tenant_id, video_id, viewer
      FROM :"statusplane".view
      WHERE tenant_id = $1::text AND ($2::text IS NULL OR video_id = $2::text) AND attended_at IS NULL
        AND :"statusplane".is_attended(tenant_id, video_id, watched_seconds, length_seconds, coalesce(due_at, seen_at))
      LIMIT $3::int
      FOR UPDATE SKIP LOCKED
    ), decided AS (
      UPDATE :"statusplane".view AS held SET attended_at = now(), updated_at = now()
      FROM due
      WHERE held.tenant_id = due.tenant_id AND held.video_id = due.video_id AND held.viewer = due.viewer
        AND held.attended_at IS NULL
      RETURNING held.tenant_id, held.video_id, held.viewer, ${asMs("held.attended_at")} AS attended_ms
    ), counted AS (
      UPDATE :"statusplane".view_errand SET decided = decided + (SELECT count(*) FROM decided)
      WHERE id = $4::bigint AND EXISTS (SELECT FROM decided)
    )
    SELECT tenant_id, video_id, viewer, attended_ms FROM decided`,
};

/** Rows, lines and erasures of long ago. */
const REMOVE_OLD: Statement = {
  name: "remove_old_views",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    WITH old AS MATERIALIZED (
      SELECT tenant_id, video_id, viewer FROM :"statusplane".view
      WHERE seen_at < now() - $1::float8 * interval '1 day' ORDER BY seen_at LIMIT $2::int FOR UPDATE SKIP LOCKED
    ), gone AS (
      DELETE FROM :"statusplane".view AS held USING old
      WHERE held.tenant_id = old.tenant_id AND held.video_id = old.video_id AND held.viewer = old.viewer
        AND held.seen_at < now() - $1::float8 * interval '1 day'
      RETURNING 1
    ), lines AS (
      DELETE FROM :"statusplane".view_log WHERE day < (now() - $1::float8 * interval '1 day')::date
    ), erasures AS (
      DELETE FROM :"statusplane".view_errand WHERE done_at < now() - interval '7 days'
    )
    SELECT count(*)::int AS gone FROM gone`,
};

/** The oldest that are to be done; taken again until they are settled. */
export async function takeErrands({ send }: Context, limit: number): Promise<readonly ViewErrand[]> {
  return (await send(TAKE_ERRANDS, [limit])).map(toErrand);
}

export async function settleErrands({ send }: Context, ids: readonly number[]): Promise<void> {
  if (ids.length > 0) await send(SETTLE_ERRANDS, [ids]);
}

export async function decideAnew(
  { send }: Context,
  { id, tenant, video }: Pick<ViewErrand, "id" | "tenant" | "video">,
  limit: number,
): Promise<readonly { readonly ref: ViewRef; readonly attendedAtMs: number }[]> {
  const rows = await send(DECIDE_ANEW, [tenant, video, limit, id]);
  return rows.map((row) => ({ ref: toViewRef(row), attendedAtMs: Number(row["attended_ms"]) }));
}

/** @returns how many views were removed. */
export async function removeOldViews(
  { send }: Context,
  olderThanDays: number,
  limit: number,
): Promise<number> {
  const [row] = await send(REMOVE_OLD, [olderThanDays, limit]);
  return Number(row?.["gone"] ?? 0);
}

function toErrand(row: Row): ViewErrand {
  const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);
  return {
    id: Number(row["id"]),
    tenant: String(row["tenant_id"]),
    video: textOrNull(row["video_id"]),
    viewer: textOrNull(row["viewer"]),
    videos: row["videos"] as readonly string[], // text[] NOT NULL
    policy:
      row["is_policy"] === true
        ? { policy: readPolicy(row["policy"]), revision: Number(row["revision"] ?? 0) }
        : null,
  };
}

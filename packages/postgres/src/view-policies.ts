import type { PolicyBody } from "@statusplane/core/wire";
import type { PolicyDecision } from "@statusplane/core";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";
import { asMs, msOrNull } from "./view-rows.ts";

/** The policy, and the errand that tells the status store and decides anew. */
const PUT_POLICY: Statement = {
  name: "put_policy",
  cause: "people",
  side: "request",
  repeatable: true,
  text: `
    WITH errand AS (
      INSERT INTO :"statusplane".view_errand (tenant_id, video_id, is_policy)
      VALUES ($1::text, nullif($2::text, ''), true)
    )
    INSERT INTO :"statusplane".view_policy (tenant_id, video_id, policy) VALUES ($1::text, $2::text, $3::json)
    ON CONFLICT (tenant_id, video_id) DO UPDATE
    SET policy = excluded.policy, revision = excluded.revision, updated_at = now()
    RETURNING revision`,
};

/** Of the tenant: only videos that have no policy of their own. */
const COUNT_AFFECTED: Statement = {
  name: "count_affected",
  cause: "people",
  side: "request",
  repeatable: true,
  text: `
    SELECT count(*)::float8 AS views,
      (count(*) FILTER (WHERE attended_at IS NULL AND length_seconds > 0
        AND watched_seconds >= greatest(1, ceil(length_seconds * $3::int / 100.0))))::float8 AS would_attend
    FROM :"statusplane".view AS held
    WHERE tenant_id = $1::text AND CASE WHEN $2::text <> '' THEN video_id = $2::text ELSE NOT EXISTS (
      SELECT FROM :"statusplane".view_policy AS own
      WHERE own.tenant_id = held.tenant_id AND own.video_id = held.video_id AND own.policy IS NOT NULL) END`,
};

/** Of the last change. */
const FIND_DECISION: Statement = {
  name: "find_policy_decision",
  cause: "people",
  side: "request",
  repeatable: true,
  text: `
    SELECT decided, ${asMs("done_at")} AS done_ms FROM :"statusplane".view_errand
    WHERE tenant_id = $1::text AND is_policy AND coalesce(video_id, '') = $2::text
    ORDER BY id DESC LIMIT 1`,
};

/** @param video null: the tenant's. @param policy null: there is none any more. @returns its revision. */
export async function putPolicy(
  { send }: Context,
  { tenant, video }: { readonly tenant: string; readonly video: string | null },
  policy: PolicyBody | null,
): Promise<number> {
  const [row] = await send(PUT_POLICY, [
    tenant,
    video ?? "",
    policy === null ? null : JSON.stringify(policy),
  ]);
  return Number(row?.["revision"]);
}

/** What the last change has decided; null: there was none within a week. */
export async function findDecision(
  { send }: Context,
  { tenant, video }: { readonly tenant: string; readonly video: string | null },
): Promise<PolicyDecision | null> {
  const [row] = await send(FIND_DECISION, [tenant, video ?? ""]);
  return row === undefined ? null : { decided: Number(row["decided"]), doneAtMs: msOrNull(row["done_ms"]) };
}

/** What would be decided if so many percent were enough. */
export async function countAffected(
  { send }: Context,
  { tenant, video }: { readonly tenant: string; readonly video: string | null },
  attendedPercent: number,
): Promise<{ readonly wouldAttend: number; readonly views: number }> {
  const [row] = await send(COUNT_AFFECTED, [tenant, video ?? "", attendedPercent]);
  return { wouldAttend: Number(row?.["would_attend"] ?? 0), views: Number(row?.["views"] ?? 0) };
}

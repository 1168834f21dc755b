import {
  readPolicy,
  type KeptPolicy,
  type RecordedView,
  type TenantPolicies,
  type ViewRef,
} from "@statusplane/core";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";
import { asMs, toRecordedView, toViewRef, viewKey } from "./view-rows.ts";

/** What a status store does not know, once. */
const FIND_VIEWS: Statement = {
  name: "find_views",
  cause: "people",
  side: "request",
  repeatable: true,
  text: `
    SELECT tenant_id, video_id, viewer, session, version, position_seconds, length_seconds, watched::text AS watched,
      ${asMs("seen_at")} AS seen_ms, ${asMs("attended_at")} AS attended_ms
    FROM :"statusplane".view
    JOIN unnest($1::text[], $2::text[], $3::text[]) AS asked (tenant_id, video_id, viewer)
      USING (tenant_id, video_id, viewer)`,
};

const FIND_POLICIES: Statement = {
  name: "find_policies",
  cause: "people",
  side: "request",
  repeatable: true,
  text: `SELECT video_id, policy, revision FROM :"statusplane".view_policy WHERE tenant_id = $1::text`,
};

/** By one statement, in the order of the refs; null where there is no row. */
export async function findViews(
  { send }: Context,
  refs: readonly ViewRef[],
): Promise<readonly (RecordedView | null)[]> {
  if (refs.length === 0) return [];
  const rows = await send(FIND_VIEWS, [
    refs.map(({ tenant }) => tenant),
    refs.map(({ video }) => video),
    refs.map(({ viewer }) => viewer),
  ]);
  const found = new Map(rows.map((row) => [viewKey(toViewRef(row)), toRecordedView(row)]));
  return refs.map((ref) => found.get(viewKey(ref)) ?? null);
}

/** All that are set in a tenant. */
export async function findPolicies({ send }: Context, tenant: string): Promise<TenantPolicies> {
  const rows = await send(FIND_POLICIES, [tenant]);
  const all = new Map(
    rows.map((row): [string, KeptPolicy] => [
      String(row["video_id"]),
      { policy: readPolicy(row["policy"]), revision: Number(row["revision"]) },
    ]),
  );
  const own = all.get("") ?? null;
  all.delete("");
  return { tenant: own, videos: all };
}

import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

/** A viewer's rows and lines; the errand names their videos, for the status store knows views by their video. */
const ERASE_VIEWER: Statement = {
  name: "erase_viewer",
  cause: "people",
  side: "request",
  repeatable: true,
  text: `
    WITH gone AS (
      DELETE FROM :"statusplane".view WHERE tenant_id = $1::text AND viewer = $2::text RETURNING video_id
    ), lines AS (
      DELETE FROM :"statusplane".view_log WHERE tenant_id = $1::text AND viewer = $2::text
    )
    INSERT INTO :"statusplane".view_errand (tenant_id, viewer, videos, is_policy)
    SELECT $1::text, $2::text, coalesce(array_agg(video_id), '{}'), false FROM gone`,
};

/**
 * What goes with the rows of removed videos: views, lines, policies; and an errand for the status store.
 * @param removed the CTE with the removed rows.
 */
export function eraseViewsOf(removed: string): string {
  const with_ = (table: string): string => `
      DELETE FROM :"statusplane".${table} AS held USING ${removed} AS gone
      WHERE gone.kind = 'video' AND held.tenant_id = gone.tenant_id AND held.video_id = gone.id`;
  return `
    views AS (${with_("view")}
    ), view_lines AS (${with_("view_log")}
    ), view_policies AS (${with_("view_policy")}
    ), view_errands AS (
      INSERT INTO :"statusplane".view_errand (tenant_id, video_id, is_policy)
      SELECT tenant_id, id, false FROM ${removed} WHERE kind = 'video'
    )`;
}

/** One statement. */
export async function eraseViewer({ send }: Context, tenant: string, viewer: string): Promise<void> {
  await send(ERASE_VIEWER, [tenant, viewer]);
}

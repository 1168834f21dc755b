import type { FollowClockOptions } from "@statusplane/core";
import { leaveEntry } from "./outbox-entry.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

/**
 * Rows say when something is due by the clock of their time. A backoff or a committer's grace that is cut short does no
 * harm; the settle window is kept.
 */
const FOLLOW_CLOCK: Statement = {
  name: "follow_clock",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    WITH waiting AS (
      UPDATE :"statusplane".job SET run_at = now()
      WHERE (tenant_id, kind, id) IN (
          SELECT tenant_id, kind, id FROM :"statusplane".job WHERE status = 'PENDING' AND run_at > now() LIMIT $3::int
        ) AND status = 'PENDING' AND run_at > now()
      RETURNING tenant_id, kind, id
    ), entry AS (${leaveEntry("waiting", "0")}
    ), leased AS (
      UPDATE :"statusplane".job SET lease_until = now() + $1::float8 * interval '1 millisecond'
      WHERE status = 'PROCESSING' AND lease_until > now() + $1::float8 * interval '1 millisecond'
    ), settling AS (
      UPDATE :"statusplane".job_outbox AS entry
      SET due_at = CASE WHEN applied_at IS NULL THEN now()
                        ELSE least(due_at, now() + $2::float8 * interval '1 millisecond') END
      WHERE due_at > now() AND NOT EXISTS (
        SELECT FROM waiting
        WHERE entry.tenant_id = waiting.tenant_id AND entry.kind = waiting.kind AND entry.id = waiting.id)
    )
    SELECT count(*)::int AS waiting FROM waiting`,
};

/** One statement. Repeated without harm. */
export async function followClock(
  { send }: Context,
  { leaseMs, settleMs, limit }: FollowClockOptions,
): Promise<boolean> {
  const [row] = await send(FOLLOW_CLOCK, [leaseMs, settleMs, limit]);
  return Number(row?.["waiting"]) >= limit;
}

import { publicMessage, type Swept } from "@statusplane/core";
import { leaveAttempt } from "./attempt-entry.ts";
import { leaveEntry } from "./outbox-entry.ts";
import { RECORD_COLUMNS, toRecord } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

/**
 * A lease that is over: CANCELLED where requested, PENDING of the next attempt with tries left, else FAILED:
 * `poison` where every try ended so, `worker_lost` where some ended otherwise.
 */
const SWEEP: Statement = {
  name: "sweep",
  cause: "housekeeping",
  side: "background",
  repeatable: false,
  text: `
    WITH over AS MATERIALIZED (
      SELECT tenant_id, kind, id, attempt AS ended_attempt,
        CASE WHEN cancel_requested THEN 'CANCELLED'
             WHEN tries < max_tries THEN 'PENDING'
             ELSE 'FAILED' END AS next_status,
        CASE WHEN tries_lost + 1 >= tries THEN 'poison' ELSE 'worker_lost' END AS verdict
      FROM :"statusplane".job
      WHERE status = 'PROCESSING' AND lease_until < now()
      ORDER BY lease_until
      LIMIT $2::int
      FOR UPDATE SKIP LOCKED
    ), swept AS (
      UPDATE :"statusplane".job
      SET status = next_status,
          attempt = attempt + CASE next_status WHEN 'PENDING' THEN 1 ELSE 0 END,
          tries_lost = tries_lost + 1,
          run_at = CASE next_status WHEN 'PENDING' THEN now() ELSE run_at END,
          finished_at = CASE next_status WHEN 'PENDING' THEN NULL ELSE now() END,
          error_code = CASE next_status WHEN 'FAILED' THEN verdict WHEN 'CANCELLED' THEN 'cancelled' END,
          error_message = CASE WHEN next_status <> 'FAILED' THEN NULL WHEN verdict = 'poison' THEN $3::text ELSE $4::text END,
          last_error_code = 'worker_lost',
          checkpoint = CASE next_status WHEN 'PENDING' THEN checkpoint END,
          lease_until = NULL, lease_owner = NULL, updated_at = now()
      FROM over
      WHERE job.tenant_id = over.tenant_id AND job.kind = over.kind AND job.id = over.id
        AND job.attempt = over.ended_attempt AND job.status = 'PROCESSING'
      RETURNING job.*, ended_attempt
    ), attempt AS (${leaveAttempt("swept", { code: "coalesce(error_code, last_error_code)" })}
    ), entry AS (${leaveEntry("swept", "0")})
    SELECT ended_attempt, ${RECORD_COLUMNS} FROM swept`,
};

/** Ends up to `limit` leases that are over, the oldest first; rows that others hold at this moment are left alone. */
export async function sweep(
  { send, resultInlineMaxBytes }: Context,
  limit: number,
): Promise<readonly Swept[]> {
  const messages = [publicMessage("poison"), publicMessage("worker_lost")];
  const rows = await send(SWEEP, [resultInlineMaxBytes, limit, ...messages]);
  return rows.map((row) => ({ record: toRecord(row), endedAttempt: Number(row["ended_attempt"]) }));
}

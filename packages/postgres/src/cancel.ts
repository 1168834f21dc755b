import type { CancelOutcome, JobRef } from "@statusplane/core";
import { leaveAttempt } from "./attempt-entry.ts";
import { find } from "./find.ts";
import { leaveEntry } from "./outbox-entry.ts";
import { firstRecord, RECORD_COLUMNS } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

/** A PENDING row is CANCELLED at once; a PROCESSING one is told, and whatever ends it next says CANCELLED. */
const CANCEL: Statement = {
  name: "cancel",
  cause: "people",
  side: "request",
  repeatable: true,
  text: `
    WITH told AS (
      UPDATE :"statusplane".job
      SET status = CASE status WHEN 'PENDING' THEN 'CANCELLED' ELSE status END,
          finished_at = CASE status WHEN 'PENDING' THEN now() END,
          error_code = CASE status WHEN 'PENDING' THEN 'cancelled' END,
          checkpoint = CASE status WHEN 'PROCESSING' THEN checkpoint END,
          cancel_requested = true, updated_at = now()
      WHERE tenant_id = $3::text AND kind = $4::text AND id = $5::text AND status IN ('PENDING', 'PROCESSING')
      RETURNING *
    ), ended AS (SELECT * FROM told WHERE status = 'CANCELLED'
    ), attempt AS (${leaveAttempt("ended", { code: "error_code", startedAt: "NULL" })}
    ), entry AS (${leaveEntry("ended", "$2::float8")})
    SELECT ${RECORD_COLUMNS} FROM told`,
};

/**
 * Cancels. `cancelled`: the row says so, from now or from before · `requested`: its worker will end it ·
 * `finished`: it ended otherwise. One statement, and a look where it changed nothing.
 */
export async function cancel(context: Context, ref: JobRef): Promise<CancelOutcome> {
  const { send, resultInlineMaxBytes, committerGraceMs } = context;
  const key = [ref.tenant, ref.kind, ref.id];
  const told = firstRecord(await send(CANCEL, [resultInlineMaxBytes, committerGraceMs, ...key]));
  if (told !== null)
    return { outcome: told.status === "CANCELLED" ? "cancelled" : "requested", record: told };
  const record = await find(context, ref, "people");
  if (record === null) return { outcome: "not_found" };
  return { outcome: record.status === "CANCELLED" ? "cancelled" : "finished", record };
}

import type { JobRef, RetryOutcome } from "@statusplane/core";
import { find } from "./find.ts";
import { leaveEntry } from "./outbox-entry.ts";
import { firstRecord, RECORD_COLUMNS } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

/** A new attempt of a job that failed or was cancelled, as if new: nothing of the old end stays. */
const RETRY: Statement = {
  name: "retry",
  cause: "people",
  side: "request",
  repeatable: false,
  text: `
    WITH again AS (
      UPDATE :"statusplane".job
      SET status = 'PENDING', attempt = attempt + 1, tries = 0, tries_lost = 0, run_at = now(),
          cancel_requested = false, started_at = NULL, finished_at = NULL, lease_until = NULL, lease_owner = NULL,
          checkpoint = NULL, result = NULL, result_bytes = NULL, result_in_file = false, files = NULL,
          error_code = NULL, error_message = NULL, error_detail = NULL, last_error_code = NULL, updated_at = now()
      WHERE tenant_id = $3::text AND kind = $4::text AND id = $5::text AND status IN ('FAILED', 'CANCELLED')
      RETURNING *
    ), entry AS (${leaveEntry("again", "$2::float8")})
    SELECT ${RECORD_COLUMNS} FROM again`,
};

/** One statement, and a look where it changed nothing. */
export async function retry(context: Context, ref: JobRef): Promise<RetryOutcome> {
  const { send, resultInlineMaxBytes, committerGraceMs } = context;
  const key = [ref.tenant, ref.kind, ref.id];
  const again = firstRecord(await send(RETRY, [resultInlineMaxBytes, committerGraceMs, ...key]));
  if (again !== null) return { outcome: "retried", record: again };
  const record = await find(context, ref, "people");
  return record === null ? { outcome: "not_found" } : { outcome: "not_retryable", record };
}

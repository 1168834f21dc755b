import type { FailedTry, JobRecord, JobRef } from "@statusplane/core";
import { checkpointText, leaveAttempt, stepsText } from "./attempt-entry.ts";
import { leaveEntry } from "./outbox-entry.ts";
import { firstRecord, RECORD_COLUMNS, withoutNul } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

/** With tries left PENDING of the next attempt, else FAILED; CANCELLED where that was requested. */
const FAIL_TRY: Statement = {
  name: "fail_try",
  cause: "work",
  side: "background",
  repeatable: false,
  text: `
    WITH mine AS (
      SELECT tenant_id, kind, id,
        CASE WHEN cancel_requested THEN 'CANCELLED'
             WHEN $7::boolean AND tries < max_tries THEN 'PENDING'
             ELSE 'FAILED' END AS next_status
      FROM :"statusplane".job
      WHERE tenant_id = $3::text AND kind = $4::text AND id = $5::text
        AND attempt = $6::int AND status = 'PROCESSING'
      FOR UPDATE
    ), ended AS (
      UPDATE :"statusplane".job
      SET status = next_status,
          attempt = attempt + CASE next_status WHEN 'PENDING' THEN 1 ELSE 0 END,
          run_at = CASE next_status WHEN 'PENDING' THEN now() + $8::float8 * interval '1 millisecond' ELSE run_at END,
          finished_at = CASE next_status WHEN 'PENDING' THEN NULL ELSE now() END,
          error_code = CASE next_status WHEN 'FAILED' THEN $9::text WHEN 'CANCELLED' THEN 'cancelled' END,
          error_message = CASE next_status WHEN 'FAILED' THEN $10::text END,
          error_detail = CASE next_status WHEN 'CANCELLED' THEN NULL ELSE $11::text END,
          last_error_code = $9::text,
          checkpoint = CASE next_status WHEN 'PENDING' THEN coalesce($13::json, checkpoint) END,
          lease_until = NULL, lease_owner = NULL, updated_at = now()
      FROM mine
      WHERE job.tenant_id = mine.tenant_id AND job.kind = mine.kind AND job.id = mine.id
        AND attempt = $6::int AND status = 'PROCESSING'
      RETURNING job.*
    ), attempt AS (${leaveAttempt("ended", {
      code: "CASE status WHEN 'CANCELLED' THEN error_code ELSE last_error_code END",
      detail: "error_detail",
      steps: "$12::text",
    })}
    ), entry AS (${leaveEntry("ended", "$2::float8")})
    SELECT ${RECORD_COLUMNS} FROM ended`,
};

/** @returns null when the attempt is not the caller's any more: write nothing anywhere. */
export async function failTry(
  { send, resultInlineMaxBytes, committerGraceMs }: Context,
  { ref, attempt }: { readonly ref: JobRef; readonly attempt: number },
  failure: FailedTry,
): Promise<JobRecord | null> {
  const { retryable, backoffMs, errorCode, errorMessage, errorDetail } = failure;
  const rows = await send(FAIL_TRY, [
    resultInlineMaxBytes,
    committerGraceMs,
    ref.tenant,
    ref.kind,
    ref.id,
    attempt,
    retryable,
    backoffMs,
    errorCode,
    withoutNul(errorMessage),
    errorDetail === null ? null : withoutNul(errorDetail),
    stepsText(failure),
    checkpointText(failure),
  ]);
  return firstRecord(rows);
}

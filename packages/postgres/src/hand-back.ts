import type { AttemptReport, JobRecord, JobRef } from "@statusplane/core";
import { checkpointText, leaveAttempt, stepsText } from "./attempt-entry.ts";
import { leaveEntry } from "./outbox-entry.ts";
import { firstRecord, RECORD_COLUMNS } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

/** PENDING of the next attempt at once, the try given back; CANCELLED where that was requested. */
const handBackWhere = (isCallers: string, report?: { steps: string; checkpoint: string }): string => `
    WITH handed AS (
      UPDATE :"statusplane".job
      SET status = CASE WHEN cancel_requested THEN 'CANCELLED' ELSE 'PENDING' END,
          attempt = attempt + CASE WHEN cancel_requested THEN 0 ELSE 1 END,
          tries = CASE WHEN cancel_requested THEN tries ELSE greatest(0, tries - 1) END,
          run_at = CASE WHEN cancel_requested THEN run_at ELSE now() END,
          finished_at = CASE WHEN cancel_requested THEN now() END,
          error_code = CASE WHEN cancel_requested THEN 'cancelled' END,
          checkpoint = CASE WHEN NOT cancel_requested THEN ${report === undefined ? "checkpoint" : `coalesce(${report.checkpoint}, checkpoint)`} END,
          lease_until = NULL, lease_owner = NULL, updated_at = now()
      WHERE tenant_id = $3::text AND kind = $4::text AND id = $5::text
        AND ${isCallers} AND status = 'PROCESSING'
      RETURNING *
    ), attempt AS (${leaveAttempt("handed", {
      code: "coalesce(error_code, 'handed_back')",
      ...(report === undefined ? {} : { steps: report.steps }),
    })}
    ), entry AS (${leaveEntry("handed", "$2::float8")})
    SELECT ${RECORD_COLUMNS} FROM handed`;

const HAND_BACK: Statement = {
  name: "hand_back",
  cause: "work",
  side: "background",
  repeatable: false,
  text: handBackWhere("attempt = $6::int", { steps: "$7::text", checkpoint: "$8::json" }),
};

const RELEASE_CLAIM: Statement = {
  name: "release_claim",
  cause: "work",
  side: "background",
  repeatable: false,
  text: handBackWhere("lease_owner = $6::text"),
};

/** @returns null when the attempt is not the caller's any more: write nothing anywhere. */
export async function handBack(
  { send, resultInlineMaxBytes, committerGraceMs }: Context,
  { ref, attempt }: { readonly ref: JobRef; readonly attempt: number },
  report: AttemptReport,
): Promise<JobRecord | null> {
  const key = [ref.tenant, ref.kind, ref.id, attempt];
  const values = [resultInlineMaxBytes, committerGraceMs, ...key, stepsText(report), checkpointText(report)];
  return firstRecord(await send(HAND_BACK, values));
}

/** @returns null when no row is held by that claim. */
export async function releaseClaim(
  { send, resultInlineMaxBytes, committerGraceMs }: Context,
  { ref, owner }: { readonly ref: JobRef; readonly owner: string },
): Promise<JobRecord | null> {
  const key = [ref.tenant, ref.kind, ref.id, owner];
  return firstRecord(await send(RELEASE_CLAIM, [resultInlineMaxBytes, committerGraceMs, ...key]));
}

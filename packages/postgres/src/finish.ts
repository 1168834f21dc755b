import { encodeJson, type JobEnd, type JobRecord, type JobRef, type ResultToStore } from "@statusplane/core";
import { leaveAttempt, stepsText } from "./attempt-entry.ts";
import { leaveEntry } from "./outbox-entry.ts";
import { firstRecord, RECORD_COLUMNS } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

/**
 * Fenced by the attempt. A cancel that was requested wins: the row then says CANCELLED; a job keeps its result, but
 * for one in a file, which goes with the attempt's other outputs; a video keeps none.
 */
const FINISH: Statement = {
  name: "finish",
  cause: "work",
  side: "background",
  repeatable: false, // zero rows would look like a lost job
  text: `
    WITH ended AS (
      UPDATE :"statusplane".job
      SET status = CASE WHEN cancel_requested THEN 'CANCELLED' ELSE $7::text END,
          result = CASE WHEN kind = 'job' OR NOT cancel_requested THEN $8::json END,
          result_bytes = CASE WHEN NOT cancel_requested OR (kind = 'job' AND NOT $10::boolean) THEN $9::bigint END,
          result_in_file = $10::boolean AND NOT cancel_requested,
          files = CASE WHEN NOT cancel_requested THEN $12::json END,
          error_code = CASE WHEN cancel_requested OR $7::text = 'CANCELLED' THEN 'cancelled' END,
          checkpoint = NULL, lease_until = NULL, lease_owner = NULL, finished_at = now(), updated_at = now()
      WHERE tenant_id = $3::text AND kind = $4::text AND id = $5::text
        AND attempt = $6::int AND status = 'PROCESSING'
      RETURNING *
    ), attempt AS (${leaveAttempt("ended", { code: "error_code", steps: "$11::text" })}
    ), entry AS (${leaveEntry("ended", "$2::float8")})
    SELECT ${RECORD_COLUMNS} FROM ended`,
};

/**
 * Ends the attempt by one statement.
 * @returns null when the attempt is not the caller's any more: write nothing anywhere.
 * @throws {database_unavailable} when no COMMIT was seen. It may have happened: read the row before believing
 * anything; `attempt` = mine and terminal means it did.
 */
export async function finish(
  { send, resultInlineMaxBytes, committerGraceMs }: Context,
  { ref, attempt }: { readonly ref: JobRef; readonly attempt: number },
  end: JobEnd,
): Promise<JobRecord | null> {
  const [text, bytes, inFile] = resultColumns(end.result);
  const key = [ref.tenant, ref.kind, ref.id, attempt];
  const values = [
    resultInlineMaxBytes,
    committerGraceMs,
    ...key,
    end.status,
    text,
    bytes,
    inFile,
    stepsText(end),
    filesText(end),
  ];
  return firstRecord(await send(FINISH, values));
}

function filesText(end: JobEnd): string | null {
  const files = "files" in end ? (end.files ?? []) : [];
  return files.length === 0 ? null : JSON.stringify(files);
}

function resultColumns(result: ResultToStore | null): [string | null, number | null, boolean] {
  if (result === null) return [null, null, false];
  return result.kind === "file"
    ? [null, result.bytes, true]
    : [encodeJson(result.value), result.bytes, false];
}

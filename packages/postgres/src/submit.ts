import { encodeJson, StatusplaneError, type NewJob, type SubmitOutcome } from "@statusplane/core";
import { leaveEntry } from "./outbox-entry.ts";
import { firstRecord, RECORD_COLUMNS, toRecord, withoutNul } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Row, Statement } from "./statement.ts";

/** Row, idempotency key and outbox entry, or nothing of the three. A key in use holds up whoever brings it again. */
const SUBMIT: Statement = {
  name: "submit",
  cause: "work",
  side: "request",
  repeatable: true,
  text: `
    WITH used AS (
      INSERT INTO :"statusplane".idempotency (tenant_id, key, body_hash, kind, id)
      SELECT $3::text, $11::text, $12::text, $4::text, $5::text WHERE $11::text IS NOT NULL
      ON CONFLICT DO NOTHING
      RETURNING key
    ), created AS (
      INSERT INTO :"statusplane".job (tenant_id, kind, id, job_type, title, payload, created_by, max_tries, metadata)
      SELECT $3::text, $4::text, $5::text, $6::text, $7::text, $8::json, $9::text, $10::int, $13::json
      WHERE $11::text IS NULL OR EXISTS (SELECT FROM used)
      ON CONFLICT DO NOTHING
      RETURNING *
    ), entry AS (${leaveEntry("created", "$2::float8")})
    SELECT ${RECORD_COLUMNS} FROM created`,
};

const FIND_BY_KEY: Statement = {
  name: "submit_find_by_key",
  cause: "work",
  side: "request",
  repeatable: true,
  text: `
    SELECT body_hash = $4::text AS same_body, ${RECORD_COLUMNS}
    FROM :"statusplane".idempotency JOIN :"statusplane".job USING (tenant_id, kind, id)
    WHERE tenant_id = $2::text AND key = $3::text`,
};

const FIND_SAME_ID: Statement = {
  name: "submit_find_same_id",
  cause: "work",
  side: "request",
  repeatable: true,
  text: `
    SELECT job_type = $5::text AND payload::text = $6::text AS same_body, ${RECORD_COLUMNS}
    FROM :"statusplane".job WHERE tenant_id = $2::text AND kind = $3::text AND id = $4::text`,
};

/** An earlier job may be removed between the statement that met it and the one that reads it: then there is none. */
const ROUNDS = 3;

/**
 * Accepts a job: PENDING, attempt 1. One statement; a second reads what was there already.
 * The same Idempotency-Key with the same body, or the same id with the same job type and payload, is `repeated` and
 * changes nothing; with another body it is a `conflict`.
 * @throws {database_unavailable} when no COMMIT was seen: whether the job exists is then unknown.
 */
export async function submit(context: Context, job: NewJob): Promise<SubmitOutcome> {
  const payloadText = encodeJson(job.payload);
  for (let round = 0; round < ROUNDS; round++) {
    const outcome =
      (await create(context, job, payloadText)) ?? (await findEarlier(context, job, payloadText));
    if (outcome !== null) return outcome;
  }
  throw new StatusplaneError("internal_error", {
    detail: "the job of this id or Idempotency-Key goes as often as it comes",
  });
}

/** Null: something of this id or Idempotency-Key is there. */
async function create(context: Context, job: NewJob, payloadText: string): Promise<SubmitOutcome | null> {
  const { ref, jobType, title, createdBy, maxTries, idempotency, metadata = null } = job;
  const rows = await context.send(SUBMIT, [
    context.resultInlineMaxBytes,
    context.committerGraceMs,
    ref.tenant,
    ref.kind,
    ref.id,
    jobType,
    title === null ? null : withoutNul(title),
    payloadText,
    createdBy === null ? null : withoutNul(createdBy),
    maxTries,
    idempotency?.key ?? null,
    idempotency?.bodyHash ?? null,
    metadata === null ? null : encodeJson(metadata),
  ]);
  const record = firstRecord(rows);
  return record === null ? null : { outcome: "created", record };
}

/** Null: it has just gone. */
async function findEarlier(
  context: Context,
  job: NewJob,
  payloadText: string,
): Promise<SubmitOutcome | null> {
  const { ref, jobType, idempotency } = job;
  if (idempotency !== undefined) return findSubmitted(context, ref.tenant, idempotency);
  const values = [context.resultInlineMaxBytes, ref.tenant, ref.kind, ref.id, jobType, payloadText];
  return earlier(await context.send(FIND_SAME_ID, values));
}

/** What a submit of this Idempotency-Key has made; null: there was none. One statement. @throws {database_unavailable} */
export async function findSubmitted(
  context: Context,
  tenant: string,
  { key, bodyHash }: NonNullable<NewJob["idempotency"]>,
): Promise<SubmitOutcome | null> {
  return earlier(await context.send(FIND_BY_KEY, [context.resultInlineMaxBytes, tenant, key, bodyHash]));
}

function earlier([row]: readonly Row[]): SubmitOutcome | null {
  if (row === undefined) return null;
  return row["same_body"] === true ? { outcome: "repeated", record: toRecord(row) } : { outcome: "conflict" };
}

import { JobError } from "@statusplane/core";
import type { MessageDatabase } from "./message-database.ts";
import type { Holder } from "./message-rows.ts";
import type { MessagePlan, PlannedRecipient } from "./plan-message.ts";

/** Recipients per statement. */
const CHUNK_ROWS = 2_000;

/*
 * `mine` is the fence. Whoever is sent an earlier message again is taken from that in the same statement: of two jobs that
 * want the same ones, one gets them. A chunk that was written before, by this attempt or another, is left as it is: the
 * confirm value says that it is the same.
 */
const WRITE = `
WITH mine AS MATERIALIZED (
  SELECT tenant_id, id FROM :"statusplane".job
  WHERE tenant_id = $1 AND kind = 'job' AND id = $2 AND attempt = $3 AND status = 'PROCESSING' FOR SHARE
), message AS (
  INSERT INTO :"academy".message AS m (tenant_id, job_id, channel, webhook_url, subject, body, planned)
  SELECT tenant_id, id, $4, $5, $6, $7, $8::boolean FROM mine
  ON CONFLICT (tenant_id, job_id) DO UPDATE SET planned = m.planned OR excluded.planned
  RETURNING m.tenant_id, m.job_id
), planned AS (
  SELECT * FROM unnest($9::int[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::int[])
    AS x (position, student_no, address, address_key, fields, skip, former)
), again AS (
  UPDATE :"academy".message_recipient r SET again_job = $2 FROM planned, mine
  WHERE r.tenant_id = $1 AND r.job_id = $16 AND r.position = planned.former AND r.status = $17 AND planned.skip IS NULL
    AND (r.again_job IS NULL OR r.again_job = $2)
  RETURNING r.position
)
INSERT INTO :"academy".message_recipient (tenant_id, job_id, position, student_no, address, address_key, fields, status, reason, settled_at)
SELECT message.tenant_id, message.job_id, p.position, p.student_no, p.address, p.address_key, p.fields::json,
  CASE WHEN p.reason IS NULL THEN 'waiting' ELSE 'skipped' END, p.reason, CASE WHEN p.reason IS NOT NULL THEN now() END
FROM message, (
  SELECT planned.*, CASE WHEN skip IS NULL AND former IS NOT NULL AND NOT EXISTS (SELECT FROM again WHERE again.position = former)
    THEN 'sent_again' ELSE skip END AS reason FROM planned
) AS p
ON CONFLICT (tenant_id, job_id, position) DO NOTHING`;

const FENCE = `
SELECT planned FROM :"academy".message m JOIN :"statusplane".job j
  ON j.tenant_id = m.tenant_id AND j.kind = 'job' AND j.id = m.job_id
WHERE m.tenant_id = $1 AND m.job_id = $2 AND j.attempt = $3 AND j.status = 'PROCESSING'`;

/**
 * Writes a message and its recipients, a statement per 2,000; whole once the last one is in.
 * @throws {JobError} `fenced`. {database_unavailable}: the next attempt goes on.
 */
export async function writePlan(
  database: MessageDatabase,
  { ref, attempt }: Holder,
  plan: MessagePlan,
): Promise<void> {
  const { recipients, channel, webhookUrl, subject, text, againOf } = plan;
  for (let from = 0; from < recipients.length; from += CHUNK_ROWS) {
    const isLast = from + CHUNK_ROWS >= recipients.length;
    const columns = columnsOf(recipients.slice(from, from + CHUNK_ROWS));
    await database.query("work", {
      name: "message-plan",
      text: WRITE,
      values: [
        ...[ref.tenant, ref.id, attempt, channel, webhookUrl, subject, text, isLast],
        ...columns,
        ...[againOf?.jobId ?? null, againOf?.status ?? null],
      ],
      repeatable: true,
    });
  }
  const values = [ref.tenant, ref.id, attempt];
  const { rows } = await database.query("work", {
    name: "message-planned",
    text: FENCE,
    values,
    repeatable: true,
  });
  if (rows[0]?.["planned"] !== true) throw new JobError("fenced");
}

function columnsOf(recipients: readonly PlannedRecipient[]): readonly (readonly unknown[])[] {
  return [
    recipients.map(({ position }) => position),
    recipients.map(({ studentNo }) => studentNo),
    recipients.map(({ address }) => address),
    recipients.map(({ key }) => key),
    recipients.map(({ fields }) => JSON.stringify(fields)),
    recipients.map(({ skip }) => skip),
    recipients.map(({ formerPosition }) => formerPosition ?? null),
  ];
}

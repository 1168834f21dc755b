import type { MessageDatabase } from "../jobs/message-send/index.ts";

/** Messages per statement. */
const AT_ONCE = 20;
const DAY_SECONDS = 86_400;

/*
 * A job that ended so long ago: its text and whom it went to are emptied, in its own payload too, which is all there is of one
 * that ended before it had planned its message. What stays is how many, and what became of each.
 */
const SCRUB = `
WITH old AS (
  SELECT tenant_id, id AS job_id FROM :"statusplane".job
  WHERE job_type = 'message_send' AND kind = 'job' AND payload::text <> '{}'
    AND finished_at < now() - $1::float8 * interval '1 second'
  ORDER BY finished_at LIMIT $2
), recipients AS (
  UPDATE :"academy".message_recipient r SET student_no = NULL, address = NULL, address_key = NULL, fields = NULL, detail = NULL
  FROM old WHERE r.tenant_id = old.tenant_id AND r.job_id = old.job_id
), messages AS (
  UPDATE :"academy".message m SET body = NULL, subject = NULL, webhook_url = NULL
  FROM old WHERE m.tenant_id = old.tenant_id AND m.job_id = old.job_id
)
UPDATE :"statusplane".job j SET payload = '{}' FROM old
WHERE j.tenant_id = old.tenant_id AND j.kind = 'job' AND j.id = old.job_id AND j.finished_at IS NOT NULL RETURNING j.id`;

/**
 * Empties text and addresses of messages that ended long ago; one statement for up to 20 of them.
 * @returns whether there may be more. @throws {database_unavailable}
 */
export async function scrubMessages(database: MessageDatabase, retentionDays: number): Promise<boolean> {
  const { rows } = await database.query("housekeeping", {
    name: "message-scrub",
    text: SCRUB,
    values: [retentionDays * DAY_SECONDS, AT_ONCE],
    repeatable: true,
  });
  return rows.length === AT_ONCE;
}

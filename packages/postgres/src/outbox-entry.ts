/**
 * The outbox entry that a committed change leaves, as part of the statement that changes the row: what is outside
 * must be made to agree with it. A repeated change gets a new generation, so a relay that acted on the older one
 * cannot mark or delete this one.
 * @param changed the CTE with the changed rows.
 * @param dueInMs SQL of the ms until it is due: the committer's grace where it writes Redis and queue itself, else 0.
 */
export function leaveEntry(changed: string, dueInMs: string): string {
  return `
    INSERT INTO :"statusplane".job_outbox (tenant_id, kind, id, since, due_at)
    SELECT tenant_id, kind, id, due, due
    FROM ${changed}, (SELECT now() + ${dueInMs} * interval '1 millisecond' AS due) AS at
    ON CONFLICT (tenant_id, kind, id) DO UPDATE
    SET generation = excluded.generation, since = excluded.since, due_at = excluded.due_at, applied_at = NULL`;
}

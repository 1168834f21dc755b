import type { OutboxEntry, Tick, TickOptions } from "@statusplane/core";
import { RECORD_COLUMNS, toRecord, toRef } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Row, Statement } from "./statement.ts";

/**
 * Takes due entries by moving their `due_at`, so that no lock is held while Redis is spoken to. `$2` how many, `$3` ms
 * until they are due again if their taker dies. An entry is taken only if its generation still is the one of the
 * statement's own snapshot: the joined row of that snapshot would otherwise be older than the entry.
 */
const takeDue = (condition: string): string => `
    due AS MATERIALIZED (
      SELECT tenant_id, kind, id, generation
      FROM :"statusplane".job_outbox
      WHERE due_at <= now() AND ${condition}
      ORDER BY due_at
      LIMIT $2::int
    ), locked AS MATERIALIZED (
      SELECT entry.tenant_id, entry.kind, entry.id
      FROM due JOIN :"statusplane".job_outbox AS entry USING (tenant_id, kind, id)
      WHERE entry.generation = due.generation AND entry.due_at <= now()
      FOR UPDATE OF entry SKIP LOCKED
    ), taken AS (
      UPDATE :"statusplane".job_outbox AS entry
      SET due_at = now() + $3::float8 * interval '1 millisecond'
      FROM locked
      WHERE entry.tenant_id = locked.tenant_id AND entry.kind = locked.kind AND entry.id = locked.id
      RETURNING entry.tenant_id, entry.kind, entry.id, entry.generation::text AS generation, entry.applied_at
    )`;

const TAKE: Statement = {
  name: "take",
  cause: "work",
  side: "background",
  repeatable: false,
  text: `
    WITH ${takeDue("true")}
    SELECT generation, applied_at, ${RECORD_COLUMNS}
    FROM taken LEFT JOIN :"statusplane".job USING (tenant_id, kind, id)`,
};

/** How many entries are counted, and looked at for the oldest, per tick: a bound for after a great loss of data. */
export const COUNTED_ENTRIES = 10_000;

/** A lease row that lies so many terms ahead was written before the clock went back: whoever wrote it may be gone. */
const TERMS_OF_A_CLOCK_SET_BACK = 2;

/** One row at least for the leader, none for others. */
const TICK: Statement = {
  name: "tick",
  cause: "housekeeping",
  side: "background",
  repeatable: false,
  text: `
    WITH leader AS (
      UPDATE :"statusplane".reconciler
      SET owner = $4::text, lease_until = now() + $5::float8 * interval '1 millisecond',
          tick = tick + 1, previous_ticked_at = ticked_at, ticked_at = now()
      WHERE owner = $4::text OR lease_until <= now()
        OR lease_until > now() + ${TERMS_OF_A_CLOCK_SET_BACK} * $5::float8 * interval '1 millisecond'
      RETURNING tick::text AS tick,
        floor(extract(epoch FROM ticked_at) * 1000)::float8 AS ticked_at_ms,
        floor(extract(epoch FROM previous_ticked_at) * 1000)::float8 AS previous_ticked_at_ms
    ), ${takeDue("EXISTS (SELECT FROM leader)")},
    depth AS (
      SELECT count(*)::float8 AS entries,
        greatest(0, extract(epoch FROM now() - min(since) FILTER (WHERE applied_at IS NULL)) * 1000)::float8 AS oldest_ms
      FROM (SELECT since, applied_at FROM :"statusplane".job_outbox ORDER BY due_at LIMIT $6::int) AS counted
      WHERE EXISTS (SELECT FROM leader)
    )
    SELECT leader.*, depth.*, EXISTS (SELECT FROM :"statusplane".view_errand WHERE done_at IS NULL) AS has_view_errands,
      generation, applied_at, ${RECORD_COLUMNS}
    FROM leader CROSS JOIN depth
      LEFT JOIN (taken LEFT JOIN :"statusplane".job USING (tenant_id, kind, id)) ON true`,
};

/** What a tick found in the outbox before it took from it. */
export interface OutboxDepth {
  readonly entries: number;
  readonly oldestMs: number;
}

export async function take(
  { send, resultInlineMaxBytes }: Context,
  limit: number,
  takeMs: number,
): Promise<readonly OutboxEntry[]> {
  return (await send(TAKE, [resultInlineMaxBytes, limit, takeMs])).map(toEntry);
}

/** Renews or takes over the reconciler's lease row and takes due entries, in one statement. */
export async function tick(
  { send, resultInlineMaxBytes }: Context,
  { owner, leaseMs, takeLimit, takeMs }: TickOptions,
): Promise<Tick & { readonly depth: OutboxDepth }> {
  const rows = await send(TICK, [resultInlineMaxBytes, takeLimit, takeMs, owner, leaseMs, COUNTED_ENTRIES]);
  const [first] = rows;
  return {
    leading: first !== undefined,
    tick: Number(first?.["tick"] ?? 0),
    tickedAtMs: Number(first?.["ticked_at_ms"] ?? 0),
    previousTickedAtMs: Number(first?.["previous_ticked_at_ms"] ?? 0),
    entries: rows.filter((row) => row["generation"] !== null).map(toEntry),
    ...(first?.["has_view_errands"] === true ? { hasViewErrands: true } : {}),
    depth: { entries: Number(first?.["entries"] ?? 0), oldestMs: Number(first?.["oldest_ms"] ?? 0) },
  };
}

function toEntry(row: Row): OutboxEntry {
  return {
    generation: String(row["generation"]),
    applied: row["applied_at"] !== null,
    ref: toRef(row),
    record: row["status"] === null ? null : toRecord(row), // its row was removed
  };
}

import type { JobRef } from "@statusplane/core";
import { leaveEntry } from "./outbox-entry.ts";
import { toRef } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Row, Statement } from "./statement.ts";

const ENQUEUE_PENDING: Statement = {
  name: "enqueue_pending",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    WITH page AS (
      SELECT tenant_id, kind, id
      FROM :"statusplane".job
      WHERE status = 'PENDING' AND (tenant_id, kind, id) > ($1::text, $2::text, $3::text)
      ORDER BY tenant_id, kind, id
      LIMIT $4::int
    ), entry AS (${leaveEntry("page", "0")})
    SELECT * FROM page ORDER BY tenant_id, kind, id`,
};

const ENQUEUE_ENDED: Statement = {
  name: "enqueue_ended",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    WITH page AS (
      SELECT finished_at, tenant_id, kind, id
      FROM :"statusplane".job
      WHERE finished_at IS NOT NULL
        AND (finished_at, tenant_id, kind, id)
          > (greatest($2::timestamptz, to_timestamp($1::float8 / 1000)), $3::text, $4::text, $5::text)
      ORDER BY finished_at, tenant_id, kind, id
      LIMIT $6::int
    ), entry AS (${leaveEntry("page", "0")})
    SELECT finished_at::text AS finished_at, tenant_id, kind, id
    FROM page ORDER BY page.finished_at, tenant_id, kind, id`,
};

const FROM_THE_START = "-infinity";

/**
 * Gives what a loss of data concerns an outbox entry, in pages: first the PENDING rows by key, then the ended ones by
 * their end, so that both follow an index however large the table is.
 */
export class LostRows {
  readonly #context: Context;
  /**
   * Where the ended rows go on after a page, by the ref that the page answered: a key alone does not say it, and the
   * row may have changed since. A ref from elsewhere begins them anew: repeated, never skipped.
   */
  readonly #endedUpTo = new WeakMap<JobRef, string>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** One page. @returns the last key, null when there are no more. */
  async enqueue(endedSinceMs: number | null, after: JobRef | null, limit: number): Promise<JobRef | null> {
    const endedUpTo = after === null ? undefined : this.#endedUpTo.get(after);
    if (endedUpTo === undefined) {
      const rows = await this.#context.send(ENQUEUE_PENDING, [...keyOf(after), limit]);
      const last = lastRef(rows);
      if (rows.length >= limit) return last;
      if (endedSinceMs === null) return null;
      if (last !== null) {
        this.#endedUpTo.set(last, FROM_THE_START);
        return last;
      }
    }
    if (endedSinceMs === null) return null;
    const from = endedUpTo ?? FROM_THE_START;
    const key = from === FROM_THE_START ? keyOf(null) : keyOf(after);
    const rows = await this.#context.send(ENQUEUE_ENDED, [endedSinceMs, from, ...key, limit]);
    const last = lastRef(rows);
    if (last === null || rows.length < limit) return null;
    this.#endedUpTo.set(last, String(rows.at(-1)?.["finished_at"]));
    return last;
  }
}

function keyOf(ref: JobRef | null): [string, string, string] {
  return [ref?.tenant ?? "", ref?.kind ?? "", ref?.id ?? ""];
}

function lastRef(rows: readonly Row[]): JobRef | null {
  const last = rows.at(-1);
  return last === undefined ? null : toRef(last);
}

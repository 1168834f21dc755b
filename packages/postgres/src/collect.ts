import { isStatus, refKey, type JobRef, type Status } from "@statusplane/core";
import { toRef } from "./record-row.ts";
import { refColumns } from "./ref-columns.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

const ATTEMPTS_OF: Statement = {
  name: "attempts_of",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    SELECT tenant_id, kind, id, attempt, status,
      floor(extract(epoch FROM finished_at) * 1000)::float8 AS finished_at_ms
    FROM :"statusplane".job
    JOIN unnest($1::text[], $2::text[], $3::text[]) AS asked (tenant_id, kind, id) USING (tenant_id, kind, id)`,
};

const FORGET_KEYS: Statement = {
  name: "forget_idempotency_keys",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    WITH gone AS (
      DELETE FROM :"statusplane".idempotency WHERE used_at < now() - $1::float8 * interval '1 millisecond' RETURNING 1
    )
    SELECT count(*)::int AS gone FROM gone`,
};

/** What the collector asks of a row before it removes folders. */
export interface AttemptOf {
  readonly attempt: number;
  readonly status: Status;
  readonly finishedAtMs: number | null;
}

/** The rows' attempts by {@link refKey}; a ref without a row is missing. */
export async function attemptsOf(
  { send }: Context,
  refs: readonly JobRef[],
): Promise<ReadonlyMap<string, AttemptOf>> {
  const found = new Map<string, AttemptOf>();
  if (refs.length === 0) return found;
  for (const row of await send(ATTEMPTS_OF, refColumns(refs))) {
    const status = row["status"];
    if (!isStatus(status)) throw new TypeError(`a row with the status ${String(status)}`);
    const finishedAtMs = row["finished_at_ms"] === null ? null : Number(row["finished_at_ms"]);
    found.set(refKey(toRef(row)), { attempt: Number(row["attempt"]), status, finishedAtMs });
  }
  return found;
}

/** Removes idempotency keys older than this. @returns how many. */
export async function forgetIdempotencyKeys({ send }: Context, olderThanMs: number): Promise<number> {
  const [row] = await send(FORGET_KEYS, [olderThanMs]);
  return Number(row?.["gone"] ?? 0);
}

import type { OutboxEntry } from "@statusplane/core";
import { refColumns } from "./ref-columns.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

const MARK_APPLIED: Statement = {
  name: "mark_applied",
  cause: "work",
  side: "background",
  repeatable: true,
  text: `
    UPDATE :"statusplane".job_outbox AS entry
    SET applied_at = now(), due_at = now() + $5::float8 * interval '1 millisecond'
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS done (tenant_id, kind, id, generation)
    WHERE entry.tenant_id = done.tenant_id AND entry.kind = done.kind AND entry.id = done.id
      AND entry.generation = done.generation`,
};

const DELETE_APPLIED: Statement = {
  name: "delete_applied",
  cause: "work",
  side: "background",
  repeatable: true,
  text: `
    DELETE FROM :"statusplane".job_outbox AS entry
    USING unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS done (tenant_id, kind, id, generation)
    WHERE entry.tenant_id = done.tenant_id AND entry.kind = done.kind AND entry.id = done.id
      AND entry.generation = done.generation`,
};

/** Applied once: due again after the settle window, for a failover may have lost an acknowledged write. */
export async function markApplied(
  { send }: Context,
  entries: readonly OutboxEntry[],
  settleMs: number,
): Promise<void> {
  if (entries.length > 0) await send(MARK_APPLIED, [...entryColumns(entries), settleMs]);
}

/** Applied twice: gone. */
export async function deleteApplied({ send }: Context, entries: readonly OutboxEntry[]): Promise<void> {
  if (entries.length > 0) await send(DELETE_APPLIED, entryColumns(entries));
}

function entryColumns(entries: readonly OutboxEntry[]): unknown[] {
  return [...refColumns(entries.map((entry) => entry.ref)), entries.map((entry) => entry.generation)];
}

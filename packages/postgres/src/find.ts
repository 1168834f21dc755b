import { refKey, type DetailedRecord, type JobRecord, type JobRef } from "@statusplane/core";
import { ENDED_ATTEMPTS, toAttempts } from "./attempt-entry.ts";
import { firstRecord, RECORD_COLUMNS, toRecord, toRef } from "./record-row.ts";
import { refColumns } from "./ref-columns.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

/** A worker's look at its own row. */
const FIND_AT_WORK: Statement = {
  name: "find",
  cause: "work",
  side: "background",
  repeatable: true,
  text: `SELECT ${RECORD_COLUMNS} FROM :"statusplane".job WHERE tenant_id = $2::text AND kind = $3::text AND id = $4::text`,
};

/** A person's detail. */
const FIND_FOR_PEOPLE: Statement = { ...FIND_AT_WORK, cause: "people", side: "request" };

/** Each row by its whole key, the tenant first, its attempts with it: rows of many tenants are as far apart as in statements of their own. */
export const FIND_MANY: Statement = {
  name: "find_many",
  cause: "people",
  side: "request",
  repeatable: true,
  text: `
    SELECT ${RECORD_COLUMNS}, ${ENDED_ATTEMPTS} AS attempts
    FROM :"statusplane".job
    JOIN unnest($2::text[], $3::text[], $4::text[]) AS asked (tenant_id, kind, id) USING (tenant_id, kind, id)`,
};

/** The result as it was given: json keeps the bytes. */
const FIND_RESULT: Statement = {
  name: "find_result",
  cause: "people",
  side: "request",
  repeatable: true,
  text: `
    SELECT attempt, result::text AS text
    FROM :"statusplane".job
    WHERE tenant_id = $1::text AND kind = $2::text AND id = $3::text AND result IS NOT NULL`,
};

/** One look at the row, without a result above the inline size. */
export async function find(
  { send, resultInlineMaxBytes }: Context,
  ref: JobRef,
  reader: "worker" | "people",
): Promise<JobRecord | null> {
  const statement = reader === "worker" ? FIND_AT_WORK : FIND_FOR_PEOPLE;
  return firstRecord(await send(statement, [resultInlineMaxBytes, ref.tenant, ref.kind, ref.id]));
}

/** Many rows by one look, in the order of the refs, without results above the inline size; null where there is none. */
export async function findMany(
  { send, resultInlineMaxBytes }: Context,
  refs: readonly JobRef[],
): Promise<readonly (DetailedRecord | null)[]> {
  if (refs.length === 0) return [];
  const rows = await send(FIND_MANY, [resultInlineMaxBytes, ...refColumns(refs)]);
  const found = new Map(rows.map((row) => [refKey(toRef(row)), row]));
  return refs.map((ref) => {
    const row = found.get(refKey(ref));
    return row === undefined ? null : { ...toRecord(row), attempts: toAttempts(row) };
  });
}

/** A result kept in the row, of any size, and the attempt that made it; null where there is none. */
export async function findResult(
  { send }: Context,
  ref: JobRef,
): Promise<{ readonly attempt: number; readonly text: string } | null> {
  const [row] = await send(FIND_RESULT, [ref.tenant, ref.kind, ref.id]);
  return row === undefined ? null : { attempt: Number(row["attempt"]), text: String(row["text"]) };
}

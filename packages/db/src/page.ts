import { isId, StatusplaneError, type Kind, type PageOptions, type RecordPage } from "@statusplane/core";
import { RECORD_COLUMNS, toRecord } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Row, Statement } from "./statement.ts";

/** Newest first; microseconds as a whole number, so that a cursor gives back exactly what the row says. */
const PAGE: Statement = {
  name: "page",
  cause: "people",
  side: "request",
  repeatable: true,
  text: `
    SELECT (extract(epoch FROM created_at) * 1000000)::bigint::text AS created_us, ${RECORD_COLUMNS}
    FROM job
    WHERE tenant_id = $2::text AND kind = $3::text
      AND ($4::bigint IS NULL
        OR (created_at, id) < ('epoch'::timestamptz + $4::bigint * interval '1 microsecond', $5::text))
      AND ($6::text IS NULL OR status = $6::text)
      AND ($7::text IS NULL OR job_type = $7::text)
    ORDER BY created_at DESC, id DESC
    LIMIT $8::int`,
};

/** @throws {invalid_request} for a cursor that is not ours. */
export async function page(
  { send, resultInlineMaxBytes }: Context,
  { tenant, kind }: { readonly tenant: string; readonly kind: Kind },
  options: PageOptions,
): Promise<RecordPage> {
  const [createdUs, id] = options.cursor === null ? [null, null] : decodeCursor(options.cursor);
  const limit = Math.min(100, Math.max(1, Math.trunc(options.limit)));
  const rows = await send(PAGE, [
    resultInlineMaxBytes,
    tenant,
    kind,
    createdUs,
    id,
    options.status ?? null,
    options.jobType ?? null,
    limit + 1, // one more says whether there is a next page
  ]);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(toRecord), nextCursor: last === undefined ? null : encodeCursor(last) };
}

function encodeCursor(row: Row): string {
  return Buffer.from(`${String(row["created_us"])}.${String(row["id"])}`).toString("base64url");
}

function decodeCursor(cursor: string): [createdUs: string, id: string] {
  const [createdUs = "", id, rest] = Buffer.from(cursor, "base64url").toString().split(".");
  if (!/^[0-9]{1,16}$/.test(createdUs) || !isId(id) || rest !== undefined) {
    throw new StatusplaneError("invalid_request", { detail: "cursor" });
  }
  return [createdUs, id];
}

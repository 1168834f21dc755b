import { isId, StatusplaneError, type Kind, type PageOptions, type RecordPage } from "@statusplane/core";
import { RECORD_COLUMNS, toRecord } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Row, Statement } from "./statement.ts";

/** What a page may be narrowed by; each set of filters has an index that begins with it. */
const FILTERS = { status: "status", jobType: "job_type", createdBy: "created_by" } as const;
type Filter = keyof typeof FILTERS;
const FILTER_NAMES = Object.keys(FILTERS) as readonly Filter[];

/**
 * Newest first; microseconds as a whole number, so that a cursor gives back exactly what the row says. A statement for
 * each set of filters, and no condition that may not apply: a plan that is made once for all values could not walk an
 * index by it. A page without a cursor begins after the end of time.
 */
export const PAGES: ReadonlyMap<string, Statement> = new Map(
  subsetsOf(FILTER_NAMES).map((filters) => [
    pageName(filters),
    {
      name: pageName(filters),
      cause: "people",
      side: "request",
      repeatable: true,
      text: `
        SELECT (extract(epoch FROM created_at) * 1000000)::bigint::text AS created_us, ${RECORD_COLUMNS}
        FROM :"statusplane".job
        WHERE tenant_id = $2::text AND kind = $3::text
          AND (created_at, id) < (
            coalesce('epoch'::timestamptz + $4::bigint * interval '1 microsecond', 'infinity'), $5::text)
          ${filters.map((filter, index) => `AND ${FILTERS[filter]} = $${index + 7}::text`).join(" ")}
        ORDER BY created_at DESC, id DESC
        LIMIT $6::int`,
    } satisfies Statement,
  ]),
);

function subsetsOf(filters: readonly Filter[]): readonly (readonly Filter[])[] {
  return filters.reduce<readonly (readonly Filter[])[]>(
    (subsets, filter) => [...subsets, ...subsets.map((subset) => [...subset, filter])],
    [[]],
  );
}

function pageName(filters: readonly Filter[]): string {
  return ["page", ...filters.map((filter) => FILTERS[filter])].join("_by_");
}

/** @throws {invalid_request} for a cursor that is not ours. */
export async function page(
  { send, resultInlineMaxBytes }: Context,
  { tenant, kind }: { readonly tenant: string; readonly kind: Kind },
  options: PageOptions,
): Promise<RecordPage> {
  const [createdUs, id] = options.cursor === null ? [null, ""] : decodeCursor(options.cursor);
  const limit = Math.min(100, Math.max(1, Math.trunc(options.limit)));
  const filters = FILTER_NAMES.filter((filter) => options[filter] !== undefined);
  const statement = PAGES.get(pageName(filters));
  if (statement === undefined) throw new TypeError(`no page by ${filters.join(", ")}`);
  const rows = await send(statement, [
    resultInlineMaxBytes,
    tenant,
    kind,
    createdUs,
    id,
    limit + 1, // one more says whether there is a next page
    ...filters.map((filter) => options[filter]),
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

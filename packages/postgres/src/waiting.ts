import type { JobRecord, JobRef } from "@statusplane/core";
import { RECORD_COLUMNS, toRecord } from "./record-row.ts";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";

const PAGE_WAITING: Statement = {
  name: "page_waiting",
  cause: "work",
  side: "background",
  repeatable: true,
  text: `
    SELECT ${RECORD_COLUMNS}
    FROM :"statusplane".job
    WHERE status = 'PENDING' AND (tenant_id, kind, id) > ($2::text, $3::text, $4::text)
    ORDER BY tenant_id, kind, id
    LIMIT $5::int`,
};

/** PENDING rows in pages by key. */
export async function pageWaiting(
  { send, resultInlineMaxBytes }: Context,
  after: JobRef | null,
  limit: number,
): Promise<readonly JobRecord[]> {
  const key = [after?.tenant ?? "", after?.kind ?? "", after?.id ?? ""];
  return (await send(PAGE_WAITING, [resultInlineMaxBytes, ...key, limit])).map(toRecord);
}

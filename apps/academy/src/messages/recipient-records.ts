import { StatusplaneError } from "@statusplane/core";
import type { MessageDatabase } from "../jobs/message-send/index.ts";
import { z } from "zod";

export const RECIPIENT_STATUSES = ["waiting", "claimed", "sent", "failed", "uncertain", "skipped"] as const;

/** A recipient as pages show one. */
export const recipient = z.object({
  position: z.number().int(),
  student_no: z.string().nullable(),
  name: z.string().nullable(),
  address: z.string().nullable().describe("null once it is no longer kept"),
  status: z.enum(RECIPIENT_STATUSES).describe("claimed: on its way to the provider just now"),
  reason: z.string().nullable(),
  detail: z.string().nullable().describe("the provider's own words"),
  settled_at: z.string().nullable(),
  again_job: z.string().nullable().describe("the job that sent it again"),
});
export type Recipient = z.infer<typeof recipient>;

export interface RecipientPage {
  readonly items: readonly Recipient[];
  readonly next_cursor: string | null;
}

export interface RecipientPageOptions {
  readonly jobId: string;
  /** Null: all. */
  readonly status: Recipient["status"] | null;
  /** Of the page before; null for the first. */
  readonly cursor: string | null;
  /** 1–1,000. */
  readonly limit: number;
}

const PAGE = `
SELECT position, student_no, fields->>'name' AS name, address, status, reason, detail, settled_at, again_job
FROM :"academy".message_recipient
WHERE tenant_id = $1 AND job_id = $2 AND position > $3 AND ($4::text IS NULL OR status = $4)
ORDER BY position LIMIT $5`;

/** A page of a message's recipients, in their order; one statement. @throws {invalid_request} for a cursor that is not ours. */
export async function recipientPage(
  database: MessageDatabase,
  tenant: string,
  { jobId, status, cursor, limit }: RecipientPageOptions,
): Promise<RecipientPage> {
  const after = cursor === null ? 0 : Number(cursor);
  if (cursor !== null && !/^[1-9]\d{0,8}$/.test(cursor))
    throw new StatusplaneError("invalid_request", { detail: "cursor" });
  const { rows } = await database.query("people", {
    name: "message-recipients",
    text: PAGE,
    values: [tenant, jobId, after, status, limit + 1],
    repeatable: true,
  });
  const items = rows.slice(0, limit).map(
    (row) =>
      ({
        ...row,
        settled_at: row["settled_at"] instanceof Date ? row["settled_at"].toISOString() : null,
      }) as Recipient, // the columns of PAGE
  );
  const last = items.at(-1);
  return { items, next_cursor: rows.length > limit && last !== undefined ? String(last.position) : null };
}

import type { MessageDatabase } from "./message-database.ts";
import type { MessageOrder } from "./message-payload.ts";
import { fieldText, type FieldValues } from "./message-text.ts";
import { textOrNull } from "./row-text.ts";

/** A message goes to so many at most. */
export const RECIPIENTS_MAX = 20_000;

/** Where recipients are looked up, and for whom. */
export interface FindOptions {
  readonly database: MessageDatabase;
  /** Whose statements these are: a person's, or a job's. */
  readonly cause: "people" | "work";
  readonly tenant: string;
  /** The job that sends it, where there is one: it may have taken recipients of an earlier one already. */
  readonly jobId?: string;
}

/** Somebody whom a message may be for. */
export interface Candidate {
  readonly studentNo: string | null;
  readonly address: string | null;
  readonly fields: FieldValues;
  /** Named, and no student of the tenant. */
  readonly isUnknown?: true;
  /** Of an earlier message: its position there. */
  readonly formerPosition?: number;
}

const STUDENTS = `
SELECT student_no, name, grade, school, class_name, email, phone, parent_phone FROM :"academy".student
WHERE tenant_id = $1 AND ($2::int[] IS NULL OR grade = ANY ($2)) AND ($3::text[] IS NULL OR class_name = ANY ($3))
  AND ($4::text[] IS NULL OR student_no = ANY ($4))
ORDER BY student_no LIMIT $5`;

/** The students that an order chooses, by number; those that it names and that are none come last. One statement. */
export async function findStudents(
  { recipients, addressOf }: MessageOrder,
  { database, cause, tenant }: FindOptions,
): Promise<readonly Candidate[]> {
  if ("list" in recipients) return recipients.list.map(listedCandidate);
  if ("again" in recipients) return [];
  const numbers = "student_nos" in recipients ? [...new Set(recipients.student_nos.map(nfc))] : null;
  const { rows } = await database.query(cause, {
    name: "message-students",
    text: STUDENTS,
    values: [
      tenant,
      "grades" in recipients ? recipients.grades : null,
      "classes" in recipients ? recipients.classes.map(nfc) : null,
      numbers,
      RECIPIENTS_MAX + 1,
    ],
    repeatable: true,
  });
  const found = rows.map((row): Candidate => {
    const studentNo = String(row["student_no"]);
    return { studentNo, address: textOrNull(row[addressOf]), fields: fieldsOfRow(row) };
  });
  const known = new Set(found.map(({ studentNo }) => studentNo));
  const unknown = (numbers ?? []).filter((number) => !known.has(number));
  return [
    ...found,
    ...unknown.map((studentNo): Candidate => ({ studentNo, address: null, fields: {}, isUnknown: true })),
  ];
}

const nfc = (text: string): string => text.normalize("NFC");

function fieldsOfRow(row: Readonly<Record<string, unknown>>): FieldValues {
  const named = ["student_no", "name", "grade", "school", "class_name"] as const;
  const pairs = named.map((name) => [name, fieldText(textOrNull(row[name]) ?? "")] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ""));
}

function listedCandidate({
  address,
  name,
  student_no: number,
}: {
  readonly address: string;
  readonly name?: string | undefined;
  readonly student_no?: string | undefined;
}): Candidate {
  const fields = {
    ...(name === undefined ? {} : { name: fieldText(name) }),
    ...(number === undefined ? {} : { student_no: fieldText(number) }),
  };
  return { studentNo: number ?? null, address, fields };
}

const BLOCKED = `SELECT address_key FROM :"academy".message_blocked WHERE tenant_id = $1 AND address_key = ANY ($2::text[])`;

/** Those of these addresses that the tenant does not write to. One statement. */
export async function findBlocked(
  keys: readonly string[],
  { database, cause, tenant }: FindOptions,
): Promise<ReadonlySet<string>> {
  const values = [tenant, keys];
  const { rows } = await database.query(cause, {
    name: "message-blocked",
    text: BLOCKED,
    values,
    repeatable: true,
  });
  return new Set(rows.map((row) => String(row["address_key"])));
}

/** A message whose recipients are to get it again. */
export interface FormerMessage {
  readonly channel: "email" | "webhook";
  readonly webhookUrl: string | null;
  readonly addressOf: "email" | "phone";
  readonly subject: string;
  readonly text: string;
  readonly recipients: readonly Candidate[];
}

const FORMER = `
SELECT m.channel, m.webhook_url, m.subject, m.body, r.position, r.student_no, r.address, r.fields
FROM :"academy".message m JOIN :"academy".message_recipient r ON r.tenant_id = m.tenant_id AND r.job_id = m.job_id
WHERE m.tenant_id = $1 AND m.job_id = $2 AND r.status = $3 AND (r.again_job IS NULL OR r.again_job = $4)
ORDER BY r.position LIMIT $5`;

/** A message and those of its recipients that are so and were not sent it again; null: there are none. One statement. */
export async function findFormer(
  { jobId, status }: { readonly jobId: string; readonly status: "failed" | "uncertain" },
  { database, cause, tenant, jobId: ownJob }: FindOptions,
): Promise<FormerMessage | "gone" | null> {
  const values = [tenant, jobId, status, ownJob ?? null, RECIPIENTS_MAX + 1];
  const { rows } = await database.query(cause, {
    name: "message-former",
    text: FORMER,
    values,
    repeatable: true,
  });
  const [first] = rows;
  if (first === undefined) return null;
  const body = textOrNull(first["body"]);
  if (body === null) return "gone";
  return {
    channel: first["channel"] === "webhook" ? "webhook" : "email",
    webhookUrl: textOrNull(first["webhook_url"]),
    addressOf: first["channel"] === "webhook" && !String(first["address"]).includes("@") ? "phone" : "email",
    subject: textOrNull(first["subject"]) ?? "",
    text: body,
    recipients: rows.map((row): Candidate => ({
      studentNo: textOrNull(row["student_no"]),
      address: textOrNull(row["address"]),
      fields: (row["fields"] ?? {}) as FieldValues, // as a plan wrote them
      formerPosition: Number(row["position"]),
    })),
  };
}

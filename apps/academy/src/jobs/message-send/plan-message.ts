import { encodeJson, JobError, type Json } from "@statusplane/core";
import { hash } from "node:crypto";
import { readAddress } from "./address.ts";
import {
  findBlocked,
  findFormer,
  findStudents,
  RECIPIENTS_MAX,
  type Candidate,
  type FindOptions,
  type FormerMessage,
} from "./find-recipients.ts";
import { MESSAGE_ERRORS } from "./message-errors.ts";
import type { MessageOrder } from "./message-payload.ts";
import { fieldsOf, readTemplate, type Template } from "./message-text.ts";

/** Why somebody gets no message. */
export type SkipReason =
  | "no_address"
  | "malformed_address"
  | "duplicate"
  | "blocked"
  | "unknown_student"
  | "value_missing"
  | "sent_again";

/** One of those whom a message is for, in order. */
export interface PlannedRecipient extends Candidate {
  /** From 1. */
  readonly position: number;
  readonly key: string | null;
  readonly skip: SkipReason | null;
}

/** Everything that a message is, before anything is sent. */
export interface MessagePlan {
  readonly channel: "email" | "webhook";
  readonly webhookUrl: string | null;
  readonly subject: string;
  readonly text: string;
  readonly subjectTemplate: Template;
  readonly textTemplate: Template;
  /** The job whose recipients these were; null: none. */
  readonly againOf: { readonly jobId: string; readonly status: "failed" | "uncertain" } | null;
  readonly recipients: readonly PlannedRecipient[];
  /** Equal for equal text and recipients of one tenant. */
  readonly confirm: string;
}

/**
 * Works out whom a message goes to and what it says: two or three statements.
 * @throws {message_no_recipients | message_too_many_recipients | message_gone} {database_unavailable}
 */
export async function planMessage(order: MessageOrder, options: FindOptions): Promise<MessagePlan> {
  const { recipients: chosen } = order;
  const former = "again" in chosen ? await formerMessage(chosen.again, options) : null;
  const candidates = former === null ? await findStudents(order, options) : former.recipients;
  if (candidates.length === 0) throw new JobError(MESSAGE_ERRORS.message_no_recipients);
  if (candidates.length > RECIPIENTS_MAX) throw new JobError(MESSAGE_ERRORS.message_too_many_recipients);
  const text = former === null ? order : templatesOf(former);
  const channel = former?.channel ?? order.channel;
  const { addressOf } = former ?? order;
  const needed = fieldsOf(text.subjectTemplate, text.textTemplate);
  const read = candidates.map((each) => readAddress(each.address, addressOf === "email" ? "email" : "phone"));
  const keys = read.flatMap((each) => ("key" in each ? [each.key] : []));
  const blocked = await findBlocked(keys, options);
  const seen = new Set<string>();
  const recipients = candidates.map((candidate, index): PlannedRecipient => {
    const address = read[index] ?? { problem: "no_address" as const };
    const planned = { ...candidate, position: index + 1 };
    if (candidate.isUnknown === true) return { ...planned, key: null, skip: "unknown_student" };
    if ("problem" in address) return { ...planned, key: null, skip: address.problem };
    const { key } = address;
    const skip = seen.has(key)
      ? "duplicate"
      : blocked.has(key)
        ? "blocked"
        : needed.some((field) => (candidate.fields[field] ?? "") === "")
          ? "value_missing"
          : null;
    if (skip === null) seen.add(key);
    return { ...planned, address: address.address, key, skip };
  });
  const plan = {
    ...{ channel, webhookUrl: former?.webhookUrl ?? order.webhookUrl, recipients },
    ...{ subject: text.subject, text: text.text },
    ...{ subjectTemplate: text.subjectTemplate, textTemplate: text.textTemplate },
    againOf: "again" in chosen ? { jobId: chosen.again.job_id, status: chosen.again.status } : null,
  };
  return { ...plan, confirm: confirmOf(options.tenant, plan) };
}

async function formerMessage(
  again: { readonly job_id: string; readonly status: "failed" | "uncertain" },
  options: FindOptions,
): Promise<FormerMessage> {
  const former = await findFormer({ jobId: again.job_id, status: again.status }, options);
  if (former === null) throw new JobError(MESSAGE_ERRORS.message_no_recipients);
  if (former === "gone") throw new JobError(MESSAGE_ERRORS.message_gone);
  return former;
}

function templatesOf({
  subject,
  text,
}: FormerMessage): Pick<MessagePlan, "subject" | "text" | "subjectTemplate" | "textTemplate"> {
  return {
    ...{ subject, text },
    subjectTemplate: readTemplate(subject, "subject"),
    textTemplate: readTemplate(text, "text"),
  };
}

function confirmOf(tenant: string, plan: Omit<MessagePlan, "confirm">): string {
  const { channel, webhookUrl, subject, text, againOf, recipients } = plan;
  const fixed: Json = [
    ...[
      tenant,
      channel,
      webhookUrl,
      subject,
      text,
      againOf === null ? null : [againOf.jobId, againOf.status],
    ],
    recipients.map((each) => [each.studentNo, each.address, each.skip, { ...each.fields }]),
  ];
  return hash("sha256", encodeJson(fixed), "base64url");
}

/** How many are skipped, by reason, the most frequent first. */
export function skippedOf({ recipients }: Pick<MessagePlan, "recipients">): readonly {
  readonly reason: SkipReason;
  readonly count: number;
}[] {
  const counts = new Map<SkipReason, number>();
  for (const { skip } of recipients) if (skip !== null) counts.set(skip, (counts.get(skip) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}

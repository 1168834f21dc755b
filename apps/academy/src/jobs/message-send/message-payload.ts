import { isStorableText, JobError, type Json } from "@statusplane/core";
import { z } from "zod";
import { MESSAGE_ERRORS } from "./message-errors.ts";
import { headerLine, readTemplate, type Template } from "./message-text.ts";

export const SUBJECT_MAX = 200;
export const TEXT_MAX = 10_000;
/** Named one by one; what is chosen by class or grade may be more. */
const NAMED_MAX = 1_000;

/** What the database can hold. */
const text = (maxCharacters: number) => z.string().max(maxCharacters).refine(isStorableText, "is not a text");
const studentNo = text(64).min(1);
const listed = z.strictObject({
  address: text(320),
  name: text(200).optional(),
  student_no: studentNo.optional(),
});

const recipients = z
  .union([
    z.strictObject({ all: z.literal(true) }),
    z.strictObject({ grades: z.array(z.number().int().min(1).max(12)).min(1).max(12) }),
    z.strictObject({ classes: z.array(text(100).min(1)).min(1).max(100) }),
    z.strictObject({ student_nos: z.array(studentNo).min(1).max(NAMED_MAX) }),
    z.strictObject({ list: z.array(listed).min(1).max(NAMED_MAX) }),
    z.strictObject({
      again: z.strictObject({
        job_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
        status: z.enum(["failed", "uncertain"]),
      }),
    }),
  ])
  .describe("whom it goes to: students by one of these, a list of addresses, or those of an earlier message");

const shape = {
  channel: z.enum(["email", "webhook"]).optional().describe("default email"),
  webhook_url: text(2_000).optional().describe("https, for channel webhook"),
  address: z
    .enum(["email", "phone", "parent_phone"])
    .optional()
    .describe("which of a student's: default email, for a webhook phone"),
  subject: text(SUBJECT_MAX).optional().describe("with placeholders; needed by e-mail"),
  text: text(TEXT_MAX).optional().describe("with placeholders: {이름} or {name}, …; {{ and }} are braces"),
  recipients,
};

/** What a preview takes; a submit's payload has `confirm` beside it. */
export const previewBody = z.strictObject(shape);
const submitBody = z.strictObject({ ...shape, confirm: z.string().max(100).optional() });

export type Recipients = z.infer<typeof recipients>;

/** What a message is, checked as far as that can be done without a look at the students. */
export interface MessageOrder {
  readonly channel: "email" | "webhook";
  readonly webhookUrl: string | null;
  /** Which of a student's addresses. */
  readonly addressOf: "email" | "phone" | "parent_phone";
  readonly subject: string;
  readonly text: string;
  readonly subjectTemplate: Template;
  readonly textTemplate: Template;
  readonly recipients: Recipients;
}

type Body = z.infer<typeof previewBody>;

/** @throws {message_placeholder_unknown}; {JobError} `invalid_payload` that says what is missing. */
export function orderOf(body: Body): MessageOrder {
  const { channel = "email", webhook_url: webhookUrl = null, recipients: chosen } = body;
  const addressOf = body.address ?? (channel === "email" ? "email" : "phone");
  const subject = headerLine(body.subject ?? "");
  const text = (body.text ?? "").normalize("NFC");
  const isAgain = "again" in chosen;
  const wrong = isAgain
    ? Object.keys(body)
        .filter((key) => key !== "recipients" && key !== "confirm")
        .map((key) => `${key}: is that of the earlier message`)
    : missing({ channel, webhookUrl, addressOf, subject, text });
  if (wrong.length > 0) throw new JobError("invalid_payload", { message: wrong.join("; ") });
  const subjectTemplate = readTemplate(subject.normalize("NFC"), "subject");
  const textTemplate = readTemplate(text, "text");
  return {
    ...{ channel, webhookUrl, addressOf, subject, text, subjectTemplate, textTemplate },
    recipients: chosen,
  };
}

function missing(
  order: Pick<MessageOrder, "channel" | "webhookUrl" | "addressOf" | "subject" | "text">,
): string[] {
  const wrong: string[] = [];
  if (order.text.trim() === "") wrong.push("text: is empty");
  if (order.channel === "email" && order.subject === "") wrong.push("subject: is empty");
  if (order.channel === "email" && order.addressOf !== "email") wrong.push("address: must be email");
  if ((order.channel === "webhook") !== (order.webhookUrl !== null))
    wrong.push("webhook_url: goes with channel webhook");
  return wrong;
}

export interface ConfirmedOrder {
  readonly order: MessageOrder;
  readonly confirm: string;
}

/** A submit's payload. @throws {message_not_previewed | message_placeholder_unknown | invalid_payload} */
export function parseMessage(payload: Json): ConfirmedOrder {
  const { confirm, ...body } = submitBody.parse(payload);
  const order = orderOf(body);
  if (confirm === undefined) throw new JobError(MESSAGE_ERRORS.message_not_previewed);
  return { order, confirm };
}

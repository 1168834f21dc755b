import { JobError, StatusplaneError } from "@statusplane/core";
import {
  MESSAGE_ERRORS,
  orderOf,
  planMessage,
  renderText,
  skippedOf,
  type MessageDatabase,
  type MessageProviders,
  type previewBody,
} from "../jobs/message-send/index.ts";
import { z } from "zod";

/** Rendered messages that a preview shows. */
const SHOWN = 3;
/** Recipients that a preview names among those who get nothing. */
const SKIPPED_SHOWN = 50;

const skipped = z.object({
  position: z.number().int(),
  student_no: z.string().nullable(),
  name: z.string().nullable(),
  address: z.string().nullable(),
  reason: z.string(),
});

export const previewAnswer = z.object({
  count: z.number().int().describe("messages that would go out"),
  total: z.number().int().describe("with those who get none"),
  messages: z.array(
    z.object({
      student_no: z.string().nullable(),
      name: z.string().nullable(),
      address: z.string(),
      subject: z.string(),
      text: z.string(),
    }),
  ),
  skipped: z.array(z.object({ reason: z.string(), count: z.number().int() })),
  skipped_first: z.array(skipped),
  confirm: z.string().describe("fixes recipients and text; the submit carries it"),
});

export interface PreviewOptions {
  readonly database: MessageDatabase;
  readonly providers: Pick<MessageProviders, "check">;
  readonly tenant: string;
}

/**
 * What a message would be, without anything being sent.
 * @throws a code of MESSAGE_ERRORS; {invalid_request}; {database_unavailable}
 */
export async function previewMessage(
  body: z.infer<typeof previewBody>,
  { database, providers, tenant }: PreviewOptions,
): Promise<z.infer<typeof previewAnswer>> {
  try {
    const order = orderOf(body);
    const plan = await planMessage(order, { database, cause: "people", tenant });
    providers.check(plan);
    const going = plan.recipients.filter(({ skip }) => skip === null);
    return {
      count: going.length,
      total: plan.recipients.length,
      messages: going.slice(0, SHOWN).map(({ studentNo, address, fields }) => ({
        ...{ student_no: studentNo, name: fields.name ?? null, address: address ?? "" },
        subject: renderText(plan.subjectTemplate, fields),
        text: renderText(plan.textTemplate, fields),
      })),
      skipped: skippedOf(plan).map(({ reason, count }) => ({ reason, count })),
      skipped_first: plan.recipients
        .flatMap(({ position, studentNo, fields, address, skip }) =>
          skip === null
            ? []
            : [{ position, student_no: studentNo, name: fields.name ?? null, address, reason: skip }],
        )
        .slice(0, SKIPPED_SHOWN),
      confirm: plan.confirm,
    };
  } catch (error) {
    throw asAnswer(error);
  }
}

/** What a job would end with is an answer here. */
function asAnswer(error: unknown): unknown {
  if (!(error instanceof JobError)) return error;
  const own = Object.values(MESSAGE_ERRORS).find(({ code }) => code === error.code);
  const { message: detail } = error;
  if (own === undefined) return new StatusplaneError("invalid_request", { detail, cause: error });
  return new StatusplaneError(own, detail === own.ko ? { cause: error } : { detail, cause: error });
}

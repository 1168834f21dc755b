import { JobError, systemClock, type Clock, type Json, type Refusal } from "@statusplane/core";
import { defineJob, type JobContext, type JobDefinition } from "@statusplane/worker";
import { hash } from "node:crypto";
import type { MessageDatabase } from "./message-database.ts";
import { MESSAGE_ERRORS } from "./message-errors.ts";
import { parseMessage, type ConfirmedOrder } from "./message-payload.ts";
import { messagePoint } from "./message-points.ts";
import { messageResult, type MessageResult } from "./message-result.ts";
import {
  beginAttempt,
  closeMessage,
  countRecipients,
  type MessageCounts,
  type PlannedMessage,
} from "./message-rows.ts";
import { readTemplate, renderText } from "./message-text.ts";
import { planMessage } from "./plan-message.ts";
import type { MessageProviders } from "./providers.ts";
import { sendWaiting } from "./send-recipients.ts";
import { writePlan } from "./write-plan.ts";

export interface MessageSendOptions {
  readonly database: MessageDatabase;
  readonly providers: MessageProviders;
  /** Waits before the next tries of what was refused for now, ms. Default: 1, 5, 15 and 30 minutes. */
  readonly backoffMs?: readonly number[];
  readonly clock?: Clock;
}

const STEPS = [
  { key: "prepare", label: { ko: "준비", en: "Preparing" }, weight: 5 },
  { key: "send", label: { ko: "발송", en: "Sending" }, weight: 90 },
  { key: "finish", label: { ko: "마무리", en: "Finishing" }, weight: 5 },
] as const;

type Context = JobContext<(typeof STEPS)[number]["key"]>;

/** What a sign-in must allow. */
export const SEND_SCOPE = "send";

/** A message's own worker may be lost often: what was sent is not sent again. */
const MAX_TRIES = 10;

/** The job type `message_send`: one text to many recipients, at most once to each, whatever crashes. */
export function messageSendJob(options: MessageSendOptions): JobDefinition {
  return defineJob({
    type: "message_send",
    label: { ko: "메시지", en: "Message" },
    errors: Object.values(MESSAGE_ERRORS),
    steps: STEPS,
    maxTries: MAX_TRIES,
    scope: SEND_SCOPE,
    hidesPayload: true,
    refusal: (submitted) => refusalOf(submitted, options),
    parse: parseMessage,
    run: (ctx, order) => sendMessage(ctx, order, options),
  });
}

/** What a submit is refused for: nothing goes out that its sender has not seen as it is now. */
async function refusalOf(
  { tenant, payload }: { readonly tenant: string; readonly payload: Json },
  { database, providers }: MessageSendOptions,
): Promise<Refusal | null> {
  try {
    const { order, confirm } = parseMessage(payload);
    const plan = await planMessage(order, { database, cause: "people", tenant });
    providers.check(plan);
    return plan.confirm === confirm ? null : { error: MESSAGE_ERRORS.message_changed };
  } catch (error) {
    const known = Object.values(MESSAGE_ERRORS).find(
      ({ code }) => error instanceof JobError && error.code === code,
    );
    if (known === undefined) throw error;
    return { error: known };
  }
}

async function sendMessage(
  ctx: Context,
  confirmed: ConfirmedOrder,
  options: MessageSendOptions,
): Promise<MessageResult> {
  const { database, clock = systemClock } = options;
  ctx.step("prepare");
  const message = await plannedMessage(ctx, confirmed, database);
  const sending = await options.providers.open(message);
  try {
    ctx.step("send");
    const { counts } = await countRecipients(database, ctx);
    const progress = new SendProgress(ctx, counts);
    const subject = readTemplate(message.subject, "subject");
    const text = readTemplate(message.body, "text");
    for (;;) {
      await sendWaiting({
        ...{ database, clock, holder: ctx, signal: ctx.signal },
        ...{ provider: sending.provider, pace: sending.pace },
        ...(options.backoffMs === undefined ? {} : { backoffMs: options.backoffMs }),
        write: ({ position, address, fields }) => ({
          ...{ id: messageId(ctx.ref, position), address },
          subject: renderText(subject, fields),
          text: renderText(text, fields),
        }),
        onBatch: (settled, skipped) => progress.settled(settled, skipped),
      });
      const result = await closed(ctx, database, sending.undelivered);
      if (result !== null) return result;
    }
  } finally {
    sending.provider.close();
  }
}

/** The message as its rows have it; an attempt that finds none plans it. */
async function plannedMessage(
  ctx: Context,
  { order, confirm }: ConfirmedOrder,
  database: MessageDatabase,
): Promise<PlannedMessage> {
  const found = await beginAttempt(database, ctx);
  if (found === "gone") throw new JobError(MESSAGE_ERRORS.message_gone);
  if (found !== null) return found;
  const { tenant } = ctx;
  const plan = await planMessage(order, { database, cause: "work", tenant, jobId: ctx.ref.id });
  if (plan.confirm !== confirm) throw new JobError(MESSAGE_ERRORS.message_changed);
  messagePoint("message.before-plan");
  await writePlan(database, ctx, plan);
  messagePoint("message.after-plan");
  const { channel, webhookUrl, subject, text: body } = plan;
  return { channel, webhookUrl, subject, body };
}

/** Counts for the last time; null where somebody waits again: whoever had claimed them has said so late. */
async function closed(
  ctx: Context,
  database: MessageDatabase,
  undelivered: boolean,
): Promise<MessageResult | null> {
  ctx.step("finish");
  messagePoint("message.before-close");
  await closeMessage(database, ctx, true);
  const { counts, reasons } = await countRecipients(database, ctx);
  if (counts.waiting > 0) {
    await closeMessage(database, ctx, false);
    ctx.step("send");
    return null;
  }
  messagePoint("message.after-close");
  return messageResult({ counts, reasons }, { job_id: ctx.ref.id, undelivered });
}

/** Names the recipient's message to the provider: the same at every try, and not to be guessed from outside. */
export function messageId({ tenant, id }: Context["ref"], position: number): string {
  return `${id}.${position}.${messageMark(tenant, id, position)}`;
}

/** Which tenant a message is of, without its name. */
export function messageMark(tenant: string, jobId: string, position: number): string {
  return hash("sha256", JSON.stringify([tenant, jobId, position]), "hex").slice(0, 24);
}

/** What a message tells while it is sent. */
class SendProgress {
  readonly #ctx: Context;
  readonly #counts: Record<keyof MessageCounts, number>;

  constructor(ctx: Context, counts: MessageCounts) {
    this.#ctx = ctx;
    this.#counts = { ...counts };
    this.#tell();
  }

  settled(
    settled: readonly { readonly status: "sent" | "failed" | "uncertain" | "waiting" }[],
    skipped: number,
  ): void {
    const counts = this.#counts;
    for (const { status } of settled) {
      counts.waiting -= 1;
      counts[status] += 1;
    }
    counts.waiting -= skipped;
    counts.skipped += skipped;
    this.#tell();
  }

  #tell(): void {
    const { sent, failed, uncertain, skipped, waiting, claimed } = this.#counts;
    const done = sent + failed + uncertain;
    const all = done + waiting + claimed;
    const shown = { total: all + skipped, sent, failed, uncertain, skipped };
    this.#ctx.progress(all === 0 ? 100 : (done / all) * 100);
    this.#ctx.partial({ ...shown, waiting: waiting + claimed });
    this.#ctx.kept({ ...shown, waiting: waiting + claimed, outcome: null });
  }
}

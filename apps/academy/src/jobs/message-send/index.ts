/**
 * The job type `message_send`: one text to many recipients, by e-mail or signed webhook, at most once to each whatever
 * crashes. May import core, runtime, worker, nodemailer (smtp-provider.ts alone) and zod.
 *
 *     payload ─plan─▶ rows, `waiting` ─claim ≤ 5─▶ `claimed` ─provider─▶ settle ≤ 5 ─▶ sent | failed | waiting
 *
 * Claim and settle are one statement each (message-rows.ts, where the guards are); what a worker's death leaves claimed is
 * `uncertain`, and a person's to decide.
 */
export { messageSendJob, messageMark, type MessageSendOptions } from "./message-send-job.ts";
export type { MessageDatabase } from "./message-database.ts";
export { MESSAGE_ERRORS } from "./message-errors.ts";
export { MESSAGE_POINTS, type MessagePointName } from "./message-points.ts";
export { MESSAGE_VARIABLES, providersOf } from "./message-variables.ts";
export { orderOf, previewBody, type MessageOrder } from "./message-payload.ts";
export { FIELDS, renderText, type Field } from "./message-text.ts";
export { planMessage, skippedOf, type MessagePlan } from "./plan-message.ts";
export { readAddress } from "./address.ts";
export type { MessageProviders } from "./providers.ts";

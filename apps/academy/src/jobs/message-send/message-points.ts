import { defineCrashPoints } from "@statusplane/core";

/** Moments of the sending of messages at which a process can be made to die. */
export const MESSAGE_POINTS = {
  "message.before-plan": "Recipients and text are worked out; no row of them is written.",
  "message.after-plan": "Recipients and text are in their rows; nobody was claimed.",
  "message.before-claim": "The next few recipients are about to be claimed.",
  "message.after-claim": "A few recipients are claimed; nothing was handed to the provider.",
  "message.before-hand-over": "A message is about to be handed to the provider.",
  "message.after-hand-over": "The provider has answered for a message; no row says so.",
  "message.before-settle": "A batch was handed over; its rows are about to say what became of it.",
  "message.after-settle": "A batch's rows say what became of it; nothing was told.",
  "message.before-close": "Nobody waits any more; the message is about to be closed and counted.",
  "message.after-close": "The message is closed and counted; the job's result was not returned.",
} as const;

export type MessagePointName = keyof typeof MESSAGE_POINTS;

/** Says that this moment has come. */
export const messagePoint = defineCrashPoints<MessagePointName>(MESSAGE_POINTS);

import { asMembers, numberOrNull, textOrNull } from "@statusplane/client";
import type { TextAndFormat } from "../../text/index.ts";
import type { OutcomeFace } from "../job-type-view.ts";
import { wordsOf } from "./words.ts";

/** Recipients by what became of them, in the order that is shown. */
export const COUNTED = ["sent", "failed", "uncertain", "skipped"] as const;

export type MessageCounts = Readonly<Record<(typeof COUNTED)[number], number>>;

/** Everybody got it, some did not, or nobody got it. */
export type MessageOutcome = "complete" | "partial" | "none";

export interface MessageResult {
  readonly counts: MessageCounts;
  /** Null for a message that was cancelled. */
  readonly outcome: MessageOutcome | null;
  /** Null where the recipients cannot be asked for. */
  readonly jobId: string | null;
  /** Nothing was delivered: the mail is kept to be looked at. */
  readonly undelivered: boolean;
}

/** The counts in a result or partial result; null for what has none. */
export function readMessageCounts(value: unknown): MessageCounts | null {
  const members = asMembers(value);
  if (numberOrNull(members["sent"]) === null || numberOrNull(members["uncertain"]) === null) return null;
  const of = (name: string): number => Math.max(0, numberOrNull(members[name]) ?? 0);
  return { sent: of("sent"), failed: of("failed"), uncertain: of("uncertain"), skipped: of("skipped") };
}

/** A message's result; null for the result of anything else. */
export function readMessageResult(value: unknown): MessageResult | null {
  const counts = readMessageCounts(value);
  if (counts === null) return null;
  const { outcome, job_id: jobId, undelivered } = asMembers(value);
  return {
    counts,
    outcome: (["complete", "partial", "none"] as const).find((each) => each === outcome) ?? null,
    jobId: textOrNull(jobId),
    undelivered: undelivered === true,
  };
}

export const OUTCOME_TONES: Readonly<Record<MessageOutcome, OutcomeFace["tone"]>> = {
  complete: "good",
  partial: "warn",
  none: "bad",
};

/** How a message that is done ended for who sent it; null for the result of anything else. */
export function messageOutcome(result: unknown, text: TextAndFormat): OutcomeFace | null {
  const outcome = readMessageResult(result)?.outcome ?? null;
  return outcome === null ? null : { status: wordsOf(text).outcomes[outcome], tone: OUTCOME_TONES[outcome] };
}

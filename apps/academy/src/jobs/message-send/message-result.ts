import type { CountedReason, MessageCounts } from "./message-rows.ts";

/** Everybody got it, some did not, or nobody got it. */
export type MessageOutcome = "complete" | "partial" | "none";

/** What a message has done: counts alone, for a snapshot names no recipient. */
export type MessageResult = {
  readonly outcome: MessageOutcome;
  readonly total: number;
  readonly sent: number;
  readonly failed: number;
  readonly uncertain: number;
  readonly skipped: number;
  /** Pages name the recipients by it: here they are counted alone. */
  readonly job_id: string;
  /** Nothing was delivered: the embedded mode keeps its mail to be looked at. */
  readonly undelivered: boolean;
  /** Why not, the most frequent first. */
  readonly reasons: readonly { readonly status: string; readonly reason: string; readonly count: number }[];
};

const REASONS_MAX = 20;

/** The result of a message that nobody waits for any more. */
export function messageResult(
  { counts, reasons }: { readonly counts: MessageCounts; readonly reasons: readonly CountedReason[] },
  of: Pick<MessageResult, "job_id" | "undelivered">,
): MessageResult {
  const { sent, failed, uncertain, skipped } = counts;
  const total = sent + failed + uncertain + skipped;
  const outcome = sent === total ? "complete" : sent > 0 ? "partial" : "none";
  const shown = reasons.slice(0, REASONS_MAX).map(({ status, reason, count }) => ({ status, reason, count }));
  return { outcome, total, sent, failed, uncertain, skipped, ...of, reasons: shown };
}

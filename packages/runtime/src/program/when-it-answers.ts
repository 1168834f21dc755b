import { faultFields, hasCode } from "@statusplane/core";
import { setTimeout } from "node:timers/promises";
import type { Logger } from "pino";

export interface WhenItAnswersOptions {
  readonly log: Pick<Logger, "warn">;
  /** How long a store is waited for, ms; default 30,000. */
  readonly withinMs?: number;
  /** How often it is asked, ms; default 500. */
  readonly everyMs?: number;
}

/**
 * Processes of one installation often start together, and restart while a store does: one that does not answer yet is
 * waited for, and told about once.
 * @throws what the last call threw when the time is over; anything but a missing answer at once.
 */
export async function whenItAnswers<T>(
  call: () => Promise<T>,
  { log, withinMs = 30_000, everyMs = 500 }: WhenItAnswersOptions,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (let asked = 1; ; asked++) {
    try {
      return await call();
    } catch (error) {
      const isAway = hasCode(error, "database_unavailable") || hasCode(error, "queue_unavailable");
      if (!isAway || performance.now() > deadlineMs) throw error;
      if (asked === 1) log.warn(faultFields(error), "a store does not answer yet; the start waits for it");
      await setTimeout(everyMs);
    }
  }
}

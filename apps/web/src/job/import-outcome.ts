import type { Messages } from "../text/index.ts";
import { readImportResult, type ImportOutcome } from "./import-result.ts";

/** In words, and how they are coloured. */
export interface OutcomeFace {
  readonly status: string;
  readonly tone: "good" | "warn" | "bad";
}

export const OUTCOME_TONES: Readonly<Record<ImportOutcome, OutcomeFace["tone"]>> = {
  complete: "good",
  partial: "warn",
  none: "bad",
};

/** How an import that is done ended for the person who sent the file; null for the result of anything else. */
export function outcomeFace(result: unknown, messages: Messages): OutcomeFace | null {
  const outcome = readImportResult(result)?.outcome;
  if (outcome === undefined || outcome === null) return null;
  return { status: messages.counts.outcomes[outcome], tone: OUTCOME_TONES[outcome] };
}

import type { TextAndFormat } from "../../text/index.ts";
import type { OutcomeFace } from "../job-type-view.ts";
import { readImportResult, type ImportOutcome } from "./import-result.ts";
import { wordsOf } from "./words.ts";

export const OUTCOME_TONES: Readonly<Record<ImportOutcome, OutcomeFace["tone"]>> = {
  complete: "good",
  partial: "warn",
  none: "bad",
};

/** How an import that is done ended for the person who sent the file; null for the result of anything else. */
export function importOutcome(result: unknown, text: TextAndFormat): OutcomeFace | null {
  const outcome = readImportResult(result)?.outcome ?? null;
  return outcome === null ? null : { status: wordsOf(text).outcomes[outcome], tone: OUTCOME_TONES[outcome] };
}

import type { TextAndFormat } from "../../text/index.ts";
import type { OutcomeFace } from "../job-type-view.ts";
import { readDocumentResult, type DocumentOutcome } from "./document-result.ts";
import { wordsOf } from "./words.ts";

export const OUTCOME_TONES: Readonly<Record<DocumentOutcome, OutcomeFace["tone"]>> = {
  complete: "good",
  partial: "warn",
  none: "bad",
};

/** How a reading that is done ended for the person who sent the file; null for the result of anything else. */
export function documentOutcome(result: unknown, text: TextAndFormat): OutcomeFace | null {
  const outcome = readDocumentResult(result)?.outcome ?? null;
  return outcome === null ? null : { status: wordsOf(text).outcomes[outcome], tone: OUTCOME_TONES[outcome] };
}

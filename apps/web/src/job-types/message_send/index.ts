/** The job type `message_send`: one text to many recipients. May import what job-types/ may. */
import type { JobTypeView } from "../job-type-view.ts";
import { ComposeButton } from "./compose-button.tsx";
import { CountsSoFar } from "./counts-so-far.tsx";
import { COUNTED, messageOutcome, readMessageCounts } from "./message-result.ts";
import { MessageResultView } from "./message-result-view.tsx";
import { wordsOf } from "./words.ts";

export const view: JobTypeView = {
  type: "message_send",
  kind: "job",
  icon: "mail",
  outcome: messageOutcome,
  endLine: ({ result }, text) => {
    const counts = readMessageCounts(result);
    const words = wordsOf(text);
    if (counts === null) return [];
    const shown = COUNTED.filter((name) => counts[name] > 0);
    const numberOf = (count: number): string =>
      shown.length === 1 ? words.people(text.count(count)) : text.count(count); // several are for a narrow line
    return shown.map((name) => `${words.counts[name]} ${numberOf(counts[name])}`);
  },
  Begin: ComposeButton,
  Running: CountsSoFar,
  Result: MessageResultView,
};

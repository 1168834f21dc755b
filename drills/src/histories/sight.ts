import type { WriteReply } from "@statusplane/core";

/** How long a key lives: for ever, by the sliding TTL of live keys, by that of finished ones, or by none that is known. */
export type Life = "absent" | "for-ever" | "live" | "finished" | `odd: ${number} ms`;

/** Everything of one job that can be seen in a store. */
export interface Sight {
  readonly text: string | null;
  readonly hash: Readonly<Record<string, string>> | null;
  readonly result: string | null;
  readonly lives: { readonly status: Life; readonly progress: Life; readonly result: Life };
}

/** What a step was answered: a write's reply, a cancel's word, a look's sight, nothing for the others. */
export type Answer = WriteReply | boolean | Sight | null;

export function isSight(answer: Answer): answer is Sight {
  return typeof answer === "object" && answer !== null && "lives" in answer;
}

/** One line per answer; equal answers have equal lines. */
export function lineOf(answer: Answer): string {
  if (answer === null) return "";
  if (typeof answer === "boolean") return String(answer);
  if (!isSight(answer)) return answer.cancelRequested ? `${answer.answer}, cancel` : answer.answer;
  const { text, hash, result, lives } = answer;
  return `text ${text} (${lives.status}) | hash ${hashLine(hash)} (${lives.progress}) | result ${result} (${lives.result})`;
}

function hashLine(hash: Sight["hash"]): string {
  if (hash === null) return "null";
  return Object.keys(hash)
    .sort()
    .map((field) => `${field}=${hash[field]}`)
    .join(" ");
}

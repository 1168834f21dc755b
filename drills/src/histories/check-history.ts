import { parseHead, isTerminal, type JobRef } from "@statusplane/core";
import type { Violation } from "../drill.ts";
import { carryOut, encodeHistory, expect } from "./carry-out.ts";
import type { HistoryAdapter } from "./history-adapter.ts";
import { isSight, lineOf, type Answer, type Sight } from "./sight.ts";
import type { History } from "./step.ts";

export interface CheckedHistory {
  /** Answers that were compared. */
  readonly compared: number;
  /** Null: nothing is wrong. */
  readonly violation: Violation | null;
}

/** Carries a history out on a store and on the reference and compares all they answer; then I1 and I2 by themselves. */
export async function checkHistory(
  adapter: HistoryAdapter,
  history: History,
  ref: JobRef,
): Promise<CheckedHistory> {
  const encoded = encodeHistory(history, ref);
  let actual: Answer[];
  try {
    actual = await carryOut(adapter, encoded);
  } catch (error) {
    return { compared: 0, violation: { invariant: "I1", what: `a step was not answered: ${String(error)}` } };
  }
  const expected = expect(adapter, encoded);
  const violation =
    difference(actual, expected, history) ?? orderBreach(actual, history) ?? lifeBreach(actual);
  return { compared: actual.length, violation };
}

function difference(
  actual: readonly Answer[],
  expected: readonly Answer[],
  history: History,
): Violation | null {
  for (const [at, answer] of actual.entries()) {
    const [got, wanted] = [lineOf(answer), lineOf(expected[at] ?? null)];
    if (got === wanted) continue;
    const step = history.steps[at];
    return {
      invariant: livesDiffer(answer, expected[at] ?? null) ? "I2" : "I1",
      what: `step ${at + 1} ${step === undefined ? "(the final look)" : JSON.stringify(step)}\n  is:     ${got}\n  wanted: ${wanted}`,
    };
  }
  return null;
}

function livesDiffer(actual: Answer, expected: Answer): boolean {
  if (!isSight(actual) || !isSight(expected)) return false;
  return lineOf({ ...actual, lives: expected.lives }) === lineOf(expected);
}

/** I1: as long as nothing was lost, neither attempt nor version falls, and an end stays what it is. */
function orderBreach(actual: readonly Answer[], history: History): Violation | null {
  let before: string | null = null;
  for (const [at, answer] of actual.entries()) {
    const event = history.steps[at]?.do;
    if (event === "lose" || event === "expire" || event === "evict") before = null;
    if (!isSight(answer)) continue;
    const { text } = answer;
    if (before !== null && (text === null || !mayFollow(before, text))) {
      return { invariant: "I1", what: `after ${before}\n  was seen ${text}` };
    }
    before = text;
  }
  return null;
}

function mayFollow(before: string, after: string): boolean {
  const [first, second] = [parseHead(before), parseHead(after)];
  if (first === null || second === null) return false;
  if (first.attempt !== second.attempt) return first.attempt < second.attempt;
  if (isTerminal(first.status)) return before === after;
  return first.version < second.version || before === after;
}

/** I2: what is live has the sliding TTL, what is finished has not. */
function lifeBreach(actual: readonly Answer[]): Violation | null {
  const wrong = actual.filter(isSight).find(({ text, lives }) => !livesFit(text, lives));
  return wrong === undefined ? null : { invariant: "I2", what: lineOf(wrong) };
}

function livesFit(text: string | null, { status, progress }: Sight["lives"]): boolean {
  if (progress !== "absent" && progress !== "live") return false;
  const head = text === null ? null : parseHead(text);
  if (head === null) return status === "absent";
  return isTerminal(head.status) ? status === "for-ever" || status === "finished" : status === "live";
}

import { isOver, isUnknown, MISSED_FOR_MS, type WatchEvent, type WatchState } from "./watch-state.ts";

/** What is to be asked of one watched job's record. */
export interface AskState {
  /** When; null: not. */
  readonly askAtMs: number | null;
  readonly isAsking: boolean;
  /** Its record has said all that it is asked for until the status store answers again. */
  readonly isAskedOut: boolean;
  /** Asks in a row without an answer. */
  readonly unanswered: number;
  /** An outage at page load may cost one ask, not one per poll. */
  readonly askedInOutage: boolean;
}

/** What can happen to it: whatever happens to the job, and what comes of asking. */
export type AskEvent =
  WatchEvent | { readonly type: "asking" } | { readonly type: "unanswered"; readonly askAgainAtMs: number };

/** Of most jobs: the same object while there is nothing. */
export const NOTHING_TO_ASK: AskState = {
  askAtMs: null,
  isAsking: false,
  isAskedOut: false,
  unanswered: 0,
  askedInOutage: false,
};

/** Asks of many watchers are spread at random over this long. */
export const ASK_SPREAD_MS = 2_000;
/** An outage at page load spreads its asks over this long. */
const OUTAGE_SPREAD_MS = 5_000;

/**
 * The one function that changes what is to be asked. Pure.
 * @param state of the job, after the event.
 * @param random 0 ≤ random < 1: keeps many watchers from asking at once.
 */
export function reduceAsk(ask: AskState, state: WatchState, event: AskEvent, random: number): AskState {
  const { askedInOutage } = ask;
  const settled = askedInOutage ? { ...NOTHING_TO_ASK, askedInOutage } : NOTHING_TO_ASK;
  switch (event.type) {
    case "answer":
    case "unchanged":
    case "not_found":
      return settled;
    case "found":
      return event.once === true ? { ...settled, isAskedOut: true } : settled;
    case "missing":
      if (isOver(state) || state.goneAtMs !== null) return ask;
      return { ...ask, askAtMs: askAtOf(ask, state, event.atMs + ASK_SPREAD_MS * random) };
    case "lost":
      if (!event.isOutage || !isUnknown(state) || askedInOutage) return ask;
      if (ask.isAsking || ask.askAtMs !== null) return ask;
      return { ...ask, askAtMs: event.atMs + OUTAGE_SPREAD_MS * random, askedInOutage: true };
    case "asking":
      return { ...ask, askAtMs: null, isAsking: true };
    case "unserved":
      return { ...ask, askAtMs: null, isAsking: false };
    case "unanswered":
      return {
        ...ask,
        isAsking: false,
        unanswered: ask.unanswered + 1,
        // An ask during an outage is not repeated: the poll goes on. One after a miss is.
        askAtMs: state.misses > 0 ? event.askAgainAtMs : null,
      };
    case "watched":
    case "reopened":
      return ask;
  }
}

function askAtOf(ask: AskState, { seen }: WatchState, soonMs: number): number | null {
  if (ask.isAsking || ask.isAskedOut) return null;
  return ask.askAtMs ?? soonMs + (seen === null ? 0 : MISSED_FOR_MS);
}

import { MAX_REPORT_AGE_MS, type LeftOutReason, type SecondsRange } from "../wire/views.ts";
import { endOfWatched, isWatched, setWatched } from "./bitmap.ts";
import type { SessionLog } from "./view-state.ts";

/*
 * What a report may count. Time is the counting store's own: what a browser's clock says decides nothing but how old a
 * report is, and that only makes it older.
 *
 * A viewer's clock collects credit, a millisecond for each that has passed since the last report, times the places that may
 * play at once; a second that was not watched before costs 1,000 ms of it by the greatest speed that counts. Seconds that
 * are watched already cost nothing, so that whoever repeats a report, or sees something again, loses nothing and gains
 * nothing. All videos of a viewer share the clock: nobody watches two whole ones in the time of one.
 *
 * {@link countReport} decides for the memory store; `lua/report.lua` holds the same rules for Redis; one contract suite
 * proves that they agree.
 */

/** Credit of a player that has just begun, ms. */
export const FIRST_CREDIT_MS = 15_000;
/** Credit never exceeds this, ms: what was watched without a network for longer is not counted. */
export const MAX_CREDIT_MS = MAX_REPORT_AGE_MS;
/** A player that has reported within this holds a place, ms. */
export const PLACE_MS = 45_000;
/** Where nobody may skip, so many seconds that fall between two reports may be missing. */
export const AHEAD_SECONDS = 3;
/** Lines of sessions that a view keeps until they are written: names of players are made up. */
const MAX_SESSIONS = 200;
/** A view that was lost from the status store gets credit for the time since it was last written, if that is no more, ms. */
export const LOST_CREDIT_MS = 3_600_000;

/** A grant lives so long, ms; what is known of a viewer lives as long after the last report or grant. */
export const GRANT_LIFE_MS = 43_200_000;

/** What is known of one viewer over all videos. */
export interface ViewerClock {
  readonly creditMs: number;
  /** When it was worked out, ms. */
  readonly atMs: number;
  /** When each player reported last, ms. */
  readonly players: ReadonlyMap<string, number>;
}

/** What the counting changes of a view. */
export interface CountedView {
  readonly session: number;
  readonly version: number;
  /** Whose session it is; empty: nobody's. */
  readonly player: string;
  readonly positionSeconds: number | null;
  readonly positionAtMs: number;
  readonly lengthSeconds: number;
  readonly watchedSeconds: number;
  readonly seenAtMs: number | null;
  readonly dueAtMs: number | null;
  readonly watched: Uint8Array;
  readonly sessions: ReadonlyMap<number, SessionLog>;
}

/** One report, checked. */
export interface Report {
  readonly player: string;
  /** Whole seconds, each range with from < to. */
  readonly ranges: readonly SecondsRange[];
  readonly positionSeconds: number;
  readonly speed: number;
  readonly muted: boolean;
  readonly hidden: boolean;
  /** Whether the player is closed with this. */
  readonly left: boolean;
  /** 0 to {@link MAX_REPORT_AGE_MS}. */
  readonly agoMs: number;
}

/** What the policy and the video say of counting. */
export interface CountRules {
  readonly lengthSeconds: number;
  readonly maxSpeed: number;
  readonly seekAhead: boolean;
  readonly places: number;
  /** Watched seconds that are enough. */
  readonly neededSeconds: number;
  /** Unix ms: enough after that decides nothing; null: no deadline. */
  readonly deadlineMs: number | null;
}

/** Seconds that were left out, by reason. */
export type LeftOut = Readonly<Record<LeftOutReason, number>>;

export type Counted =
  | { readonly outcome: "refused" }
  | {
      readonly outcome: "counted";
      readonly view: CountedView;
      readonly clock: ViewerClock;
      readonly countedSeconds: number;
      readonly leftOut: LeftOut;
    };

/**
 * Decides one report: refused where as many others play as may, else what of it counts.
 * @param clock null: nothing is known of the viewer.
 */
export function countReport(
  { view, clock }: { readonly view: CountedView; readonly clock: ViewerClock | null },
  report: Report,
  rules: CountRules & { readonly nowMs: number },
): Counted {
  const { nowMs } = rules;
  const reportedAtMs = nowMs - report.agoMs;
  const players = new Map([...(clock?.players ?? [])].filter(([, atMs]) => atMs > nowMs - PLACE_MS));
  if (!hasPlace(players, report, rules)) return { outcome: "refused" };
  const creditMs = creditOf(clock, rules);
  const { watched, countedSeconds, leftOut } = countSeconds(view.watched, report.ranges, {
    ...rules,
    mayCount: Math.floor((creditMs * rules.maxSpeed) / 1_000),
  });
  const playedAtMs = Math.max(players.get(report.player) ?? 0, reportedAtMs);
  // Whoever holds no place is not kept: names of players are made up.
  if (report.left || playedAtMs <= nowMs - PLACE_MS) players.delete(report.player);
  else players.set(report.player, playedAtMs);
  const session = view.player === report.player ? view.session : view.session + 1;
  const watchedSeconds = view.watchedSeconds + countedSeconds;
  const isNewer = reportedAtMs >= view.positionAtMs;
  const isDue =
    watchedSeconds >= rules.neededSeconds && (rules.deadlineMs === null || nowMs <= rules.deadlineMs);
  return {
    outcome: "counted",
    countedSeconds,
    leftOut,
    clock: {
      creditMs: Math.max(0, creditMs - Math.floor((countedSeconds * 1_000) / rules.maxSpeed)),
      atMs: Math.max(nowMs, clock?.atMs ?? 0),
      players,
    },
    view: {
      session,
      version: view.version + 1,
      player: report.player,
      positionSeconds: isNewer ? report.positionSeconds : view.positionSeconds,
      positionAtMs: isNewer ? reportedAtMs : view.positionAtMs,
      lengthSeconds: rules.lengthSeconds,
      watchedSeconds,
      seenAtMs: Math.max(view.seenAtMs ?? 0, reportedAtMs),
      dueAtMs: view.dueAtMs ?? (isDue ? nowMs : null),
      watched,
      sessions: withSession(view.sessions, { session, reportedAtMs, countedSeconds, report }),
    },
  };
}

/** What was kept while there was no network plays no longer: it takes nobody's place. */
function hasPlace(
  players: ReadonlyMap<string, number>,
  { player, agoMs }: Report,
  { nowMs, places }: { readonly nowMs: number; readonly places: number },
): boolean {
  if (agoMs >= PLACE_MS) return true;
  const isActive = (atMs: number): boolean => atMs > nowMs - PLACE_MS;
  if (isActive(players.get(player) ?? 0)) return true;
  let others = 0;
  for (const [each, atMs] of players) if (each !== player && isActive(atMs)) others += 1;
  return others < places;
}

function creditOf(
  clock: ViewerClock | null,
  { nowMs, places }: { readonly nowMs: number; readonly places: number },
): number {
  if (clock === null || nowMs - clock.atMs > MAX_CREDIT_MS) return FIRST_CREDIT_MS;
  return Math.min(MAX_CREDIT_MS, clock.creditMs + Math.max(0, nowMs - clock.atMs) * places);
}

function countSeconds(
  before: Uint8Array,
  ranges: readonly SecondsRange[],
  rules: Pick<CountRules, "lengthSeconds" | "seekAhead"> & { readonly mayCount: number },
): { readonly watched: Uint8Array; readonly countedSeconds: number; readonly leftOut: LeftOut } {
  const watched = new Uint8Array(Math.max(before.length, Math.ceil(rules.lengthSeconds / 8)));
  watched.set(before);
  const leftOut = { too_fast: 0, beyond_end: 0, ahead: 0 };
  let countedSeconds = 0;
  let end = rules.seekAhead ? Infinity : endOfWatched(before);
  for (const [from, to] of ranges) {
    for (let second = from; second < to; second++) {
      if (second >= rules.lengthSeconds) leftOut.beyond_end += 1;
      else if (isWatched(watched, second)) continue;
      else if (second > end + AHEAD_SECONDS) leftOut.ahead += 1;
      else if (countedSeconds >= rules.mayCount) leftOut.too_fast += 1;
      else {
        setWatched(watched, second);
        countedSeconds += 1;
        end = Math.max(end, second + 1);
      }
    }
  }
  const last = endOfWatched(watched);
  return { watched: watched.slice(0, Math.max(before.length, Math.ceil(last / 8))), countedSeconds, leftOut };
}

interface SessionNews {
  readonly session: number;
  readonly reportedAtMs: number;
  readonly countedSeconds: number;
  readonly report: Report;
}

/** The lines with what is new of one; one more than there may be is not begun. */
function withSession(
  sessions: ReadonlyMap<number, SessionLog>,
  news: SessionNews,
): ReadonlyMap<number, SessionLog> {
  const before = sessions.get(news.session);
  if (before === undefined && sessions.size >= MAX_SESSIONS) return sessions;
  return new Map(sessions).set(news.session, logged(before, news));
}

function logged(
  before: SessionLog | undefined,
  { session, reportedAtMs, countedSeconds, report: { muted, hidden, speed } }: SessionNews,
): SessionLog {
  return {
    session,
    beganAtMs: Math.min(before?.beganAtMs ?? reportedAtMs, reportedAtMs),
    endedAtMs: Math.max(before?.endedAtMs ?? reportedAtMs, reportedAtMs),
    countedSeconds: (before?.countedSeconds ?? 0) + countedSeconds,
    mutedSeconds: (before?.mutedSeconds ?? 0) + (muted ? countedSeconds : 0),
    hiddenSeconds: (before?.hiddenSeconds ?? 0) + (hidden ? countedSeconds : 0),
    speed: Math.max(before?.speed ?? 0, speed),
  };
}

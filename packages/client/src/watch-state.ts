import { errorBackoffMs, getPollInterval, isNews } from "@statusplane/core";
import type { Reading } from "./reading.ts";
import { isEnded, unknownJob, type WatchedJob, type WatchRef } from "./watched-job.ts";

/**
 * The state machine of one watched job.
 *
 * ```
 *           watch                    terminal answer
 *  unknown ───────▶ … answer ─▶ live ───────────────▶ ended
 *     │                          │ ▲                    │ answer of a higher attempt
 *     │ missing:                 │ │ answer             └──────────▶ live
 *     │ ask in 0–2 s     missing:│ │
 *     ▼                  30 s,   ▼ │                      row live  ▶ live, later misses begin anew
 *   (ask detail once) ◀─ then  live, missed ─────────▶    row ended ▶ ended
 *                        ask in 0–2 s                     404       ▶ gone
 *                                                         429, 503, nothing: no answer, asked again with backoff
 *                                                         nobody to ask: gone when missed for 30 s
 * ```
 *
 * The poller polls `unknown` and `live`; `ended` and `gone` only while a recheck is due (somebody watches anew, or
 * asked for a retry); when detail is asked, `asking-state.ts` says. An answer changes what is shown only if its (attempt, version) is higher than what was shown:
 * nobody sees a step back. Every change goes through {@link reduceWatch}.
 */
export interface WatchState {
  readonly job: WatchedJob;
  /** What orders the shown answer; null before the first. */
  readonly seen: { readonly attempt: number; readonly version: number; readonly etag: string } | null;
  /** When the watch of this story began, or the job began to move: decides the interval. */
  readonly sinceMs: number;
  /** When this page last saw the job change. */
  readonly changedAtMs: number;
  /** Batch answers in a row that did not know the job. */
  readonly misses: number;
  /** A job still missed at or after this is gone; null: not so. */
  readonly goneAtMs: number | null;
  /** An ended job is polled until an answer at or after this; null: not at all. */
  readonly recheckUntilMs: number | null;
}

/** What can happen to a watched job. */
export type WatchEvent =
  /** Somebody watches: the first, or one more of a job that has ended. */
  | { readonly type: "watched"; readonly atMs: number }
  /** A retry was accepted: a higher attempt is on its way. */
  | { readonly type: "reopened"; readonly atMs: number }
  /** `serverNowMs` is the answer's Date, null if it had none. */
  | {
      readonly type: "answer";
      readonly reading: Reading;
      readonly serverNowMs: number | null;
      readonly atMs: number;
    }
  /** 304: as before, but the server lives. */
  | { readonly type: "unchanged"; readonly serverNowMs: number | null; readonly atMs: number }
  /** `isAsked`: somebody is asked for its record, who knows whether there is such a job. */
  | { readonly type: "missing"; readonly atMs: number; readonly isAsked: boolean }
  /** The poll failed; `isOutage`: because the status store is away (503). */
  | { readonly type: "lost"; readonly atMs: number; readonly isOutage: boolean }
  /** `once`: whoever answered is not asked again before the status store has answered. */
  | { readonly type: "found"; readonly reading: Reading; readonly atMs: number; readonly once?: boolean }
  | { readonly type: "not_found" }
  /** Nobody can be asked for the record: it is not served here, or there is none. */
  | { readonly type: "unserved"; readonly atMs: number };

const STALLED_AFTER_MS = 45_000;
const MINUTE_MS = 60_000;
/** Other programs may report seldom: so long without a change says nothing yet. */
const UNCHANGED_FROM_MINUTES = 10;
/** How long a job seen live may be missing before the database is asked, and any before it is gone where nobody is. */
export const MISSED_FOR_MS = 30_000;
/** How long a retried job is polled for its new attempt: the relay needs 8 s at most, 23 s if it died too. */
const REOPENED_FOR_MS = 30_000;
const UNKNOWN_STATUS_INTERVAL_MS = 15_000;

/** A job of which nothing is known yet. */
export function newWatch(ref: WatchRef, atMs: number): WatchState {
  return {
    job: unknownJob(ref),
    seen: null,
    sinceMs: atMs,
    changedAtMs: atMs,
    misses: 0,
    goneAtMs: null,
    recheckUntilMs: null,
  };
}

/** Whether the batch shall name the job. */
export function isPolled(state: WatchState): boolean {
  return !isOver(state) || state.recheckUntilMs !== null;
}

/** How long the job can wait for its next poll, before jitter. */
export function pollIntervalMs(state: WatchState, atMs: number, random: number): number {
  const intervalMs = getPollInterval((atMs - state.sinceMs) / 1_000);
  if (state.misses > 0) return Math.max(intervalMs, errorBackoffMs(state.misses, random));
  return state.job.unknownStatus === undefined ? intervalMs : UNKNOWN_STATUS_INTERVAL_MS;
}

/** The one function that changes a watched job. Pure; answers the same object where nothing changes. */
export function reduceWatch(state: WatchState, event: WatchEvent): WatchState {
  switch (event.type) {
    case "watched":
      return { ...state, sinceMs: event.atMs, recheckUntilMs: recheckUntil(state, event.atMs) };
    case "reopened":
      return {
        ...state,
        sinceMs: event.atMs,
        recheckUntilMs: recheckUntil(state, event.atMs + REOPENED_FOR_MS),
      };
    case "answer":
      return answered(take(state, event.reading, event.atMs), event);
    case "unchanged":
      return answered(state, event);
    case "missing":
      return missed(state, event.atMs, event.isAsked);
    case "lost":
      return lost(state);
    case "found":
      return settled(take(state, event.reading, event.atMs));
    case "not_found":
      return gone(state);
    case "unserved":
      return unserved(state, event.atMs);
  }
}

/** Shows the reading if it is news; whatever was shown, the job exists. */
function take(state: WatchState, reading: Reading, atMs: number): WatchState {
  const head = { attempt: reading.job.attempt, version: reading.job.version, etag: reading.etag };
  const isNewer = isNews(state.seen, head);
  const kept = isNewer
    ? {
        ...reading.job,
        jobType: reading.job.jobType ?? state.job.jobType,
        title: reading.job.title ?? state.job.title,
        connection: state.job.connection,
      }
    : shown(state.job, { gone: false });
  return {
    ...state,
    job: kept,
    seen: isNewer ? head : state.seen,
    changedAtMs: isNewer ? atMs : state.changedAtMs,
    sinceMs: !isEnded(kept) && (isOver(state) || beginsToMove(state.job, kept)) ? atMs : state.sinceMs,
  };
}

/** A job that has waited is looked at as closely as one that is watched from now on. */
function beginsToMove(before: WatchedJob, after: WatchedJob): boolean {
  return before.status === "PENDING" && after.status === "PROCESSING";
}

/** The status store's server answered. */
function answered(
  state: WatchState,
  { serverNowMs, atMs }: { readonly serverNowMs: number | null; readonly atMs: number },
): WatchState {
  const isStalled = serverNowMs === null ? state.job.isStalled : stalledAt(state.job, serverNowMs);
  return {
    ...settled(state),
    job: shown(state.job, { connection: "ok", isStalled, unchangedMinutes: unchangedMinutes(state, atMs) }),
    recheckUntilMs: recheckAfter(state, atMs),
  };
}

/** The job is known to exist or not. */
function settled(state: WatchState): WatchState {
  return { ...state, misses: 0, goneAtMs: null };
}

function gone(state: WatchState): WatchState {
  const job = shown(state.job, { gone: true, isStalled: false, unchangedMinutes: undefined });
  return { ...settled(state), job };
}

/** A job that was never seen is waited for as long as one that was: another program may be about to write it. */
function unserved(state: WatchState, atMs: number): WatchState {
  if (state.misses === 0) return state; // asked during an outage: the poll goes on
  return state.seen === null ? { ...state, goneAtMs: atMs + MISSED_FOR_MS } : gone(state);
}

function missed(state: WatchState, atMs: number, isAsked: boolean): WatchState {
  const job = shown(state.job, { connection: "ok" });
  // An ended job that the store has dropped has still ended.
  if (isOver(state)) return { ...state, job, recheckUntilMs: recheckAfter(state, atMs) };
  const goneAtMs = state.goneAtMs ?? (isAsked ? null : atMs + MISSED_FOR_MS);
  const missed = { ...state, job, goneAtMs, misses: state.misses + 1 };
  return goneAtMs !== null && atMs >= goneAtMs ? gone(missed) : missed;
}

function lost(state: WatchState): WatchState {
  if (isOver(state) && state.recheckUntilMs === null) return state;
  return { ...state, job: shown(state.job, { connection: "lost" }) };
}

/** Whether the job is no more polled, but for a recheck. */
export function isOver(state: WatchState | undefined): boolean {
  return state !== undefined && isEnded(state.job);
}

/** Whether nothing is known yet of the job, not even that it is gone. */
export function isUnknown({ job, seen }: WatchState): boolean {
  return seen === null && !job.gone;
}

function recheckUntil(state: WatchState, untilMs: number): number | null {
  return isOver(state) ? Math.max(state.recheckUntilMs ?? untilMs, untilMs) : null;
}

function recheckAfter(state: WatchState, atMs: number): number | null {
  if (!isOver(state) || state.recheckUntilMs === null || atMs >= state.recheckUntilMs) return null;
  return state.recheckUntilMs;
}

function stalledAt(job: WatchedJob, serverNowMs: number): boolean {
  if (job.status !== "PROCESSING" || job.updatedAt === null) return false;
  return serverNowMs - Date.parse(job.updatedAt) > STALLED_AFTER_MS;
}

/** What this page saw itself is all there is to say of a job that tells no time. */
function unchangedMinutes({ job, changedAtMs }: WatchState, atMs: number): number | undefined {
  if (job.status !== "PROCESSING" || job.attempt !== 0 || job.updatedAt !== null) return undefined;
  const minutes = Math.floor((atMs - changedAtMs) / MINUTE_MS);
  return minutes >= UNCHANGED_FROM_MINUTES ? minutes : undefined;
}

type Shown = Pick<WatchedJob, "connection" | "gone" | "isStalled" | "unchangedMinutes">;

/** The same object where nothing changes, so that nobody renders again. */
function shown(job: WatchedJob, change: Partial<Shown>): WatchedJob {
  const next = { ...job, ...change };
  const isSame = (Object.keys(change) as (keyof Shown)[]).every((name) => next[name] === job[name]);
  return isSame ? job : next;
}

import type { SecondsRange } from "@statusplane/core/wire";
import { rangesOf, WatchedSeconds } from "./watched-seconds.ts";

/** A media element at one moment: taken at each of its events, at the page's, and now and then. */
export interface MediaMoment {
  /** Monotonic ms. */
  readonly atMs: number;
  readonly positionSeconds: number;
  /** `playbackRate`; 1: as recorded. */
  readonly rate: number;
  /** Whether it plays: not paused, not ended, not on its way to another position. */
  readonly isRunning: boolean;
  /** Whether it stands still for want of data. */
  readonly isStalled: boolean;
  /** Whether the position was set, by a person or a program: a `seeking` event, or still on the way. */
  readonly isSeek: boolean;
  /** Muted, or the volume is 0. */
  readonly isMuted: boolean;
  /** The page cannot be seen. */
  readonly isHidden: boolean;
  /** Null: not known yet, or without end. */
  readonly lengthSeconds: number | null;
}

/** How seconds were watched. */
export interface Manner {
  readonly isMuted: boolean;
  readonly isHidden: boolean;
}

/** What was watched in one manner. */
export interface WatchedPart extends Manner {
  /** In order, none touching another. */
  readonly ranges: readonly SecondsRange[];
}

/** A clock that says less than the player's by this much is no jump: both are read at different times. */
const SLACK_SECONDS = 0.5;
const RATE_SLACK = 1.1;
/** What a player that ran played on by itself after its last moment, before it was somewhere else: at most this. */
const UNSEEN_MS = 1_000;

/**
 * Makes seconds really watched of what a media element goes through.
 *
 * ```
 * still ──it runs──▶ running ──pause, stall, end──▶ still
 *                    │     ▲
 *                    └─────┴── a seek, a loop, a position that no clock explains: a jump
 * ```
 *
 * What counts is how far the position went while it ran, never how much time went by: a machine that slept, a stall, a
 * stopped page bring nothing. A position that went further than time and speed allow was set by somebody: a jump, of
 * which no second counts.
 */
export class Recorder {
  readonly #seconds = new WatchedSeconds();
  /** Second → how it was watched, since they were last taken. */
  #untold = new Map<number, Manner>();
  #last: MediaMoment | null = null;

  /** The one function that changes what is known. @returns the seconds that count by it. */
  note(moment: MediaMoment): readonly number[] {
    const last = this.#last;
    this.#last = moment;
    if (last === null) return [];
    const isJump = moment.isSeek || !explains(last, moment);
    const to = isJump ? last.positionSeconds + unseen(last, moment) : moment.positionSeconds;
    const counted = last.isRunning ? this.#count(last, to) : [];
    if (isJump) this.#seconds.jump();
    return counted;
  }

  /** What has counted since the last call; no part is empty. */
  take(): readonly WatchedPart[] {
    const untold = this.#untold;
    this.#untold = new Map();
    const parts = MANNERS.map((manner) => {
      const seconds = [...untold].filter(([, each]) => isSame(each, manner)).map(([second]) => second);
      return { ...manner, ranges: rangesOf(seconds) };
    });
    return parts.filter(({ ranges }) => ranges.length > 0);
  }

  #count({ positionSeconds, lengthSeconds, isMuted, isHidden }: MediaMoment, toSeconds: number) {
    const counted = this.#seconds.add(positionSeconds, toSeconds, lengthSeconds);
    for (const second of counted) {
      const before = this.#untold.get(second);
      // Of a second that was watched twice, the better time counts.
      const manner = {
        isMuted: isMuted && (before?.isMuted ?? true),
        isHidden: isHidden && (before?.isHidden ?? true),
      };
      this.#untold.set(second, manner);
    }
    return counted;
  }
}

const isSame = (one: Manner, other: Manner): boolean =>
  one.isMuted === other.isMuted && one.isHidden === other.isHidden;

const MANNERS: readonly Manner[] = [false, true].flatMap((isHidden) =>
  [false, true].map((isMuted) => ({ isMuted, isHidden })),
);

/** Whether the player may have come from the one position to the other by playing. */
function explains(last: MediaMoment, { atMs, positionSeconds, rate }: MediaMoment): boolean {
  const advance = positionSeconds - last.positionSeconds;
  const elapsedSeconds = (atMs - last.atMs) / 1_000;
  const fastest = last.isRunning ? elapsedSeconds * Math.max(last.rate, rate) * RATE_SLACK : 0;
  return advance >= 0 && advance <= fastest + SLACK_SECONDS;
}

/** How far it went on, unseen, before it jumped. */
function unseen({ atMs, rate, isStalled }: MediaMoment, jump: MediaMoment): number {
  if (isStalled) return 0;
  return (Math.min(Math.max(0, jump.atMs - atMs), UNSEEN_MS) / 1_000) * rate;
}

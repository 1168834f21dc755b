import type { NextBody, PolicyBody, RefusalReason } from "../wire/views.ts";
import { neededSeconds } from "./policy.ts";

/** A viewer who stands so near to the end has seen it, seconds. */
export const END_SECONDS = 5;

/** What a decision is made from. */
export interface WatchedView {
  /** 0: not known, it cannot be played. */
  readonly lengthSeconds: number;
  readonly watchedSeconds: number;
  readonly positionSeconds: number | null;
  readonly attendedAtMs: number | null;
  /** The first second that was not watched; null: not looked at. */
  readonly firstUnwatched: number | null;
}

/** Who would watch. */
export interface Viewer {
  readonly viewer: string;
  /** Groups that the sign-in names. */
  readonly groups: readonly string[];
}

export interface Evaluation {
  /** 0–100, rounded down. */
  readonly watched_percent: number;
  /** Whether it is decided, or is to be decided now. */
  readonly attended: boolean;
  readonly next: NextBody;
  readonly may_play: boolean;
  /** Null: it may be played. */
  readonly reason: RefusalReason | null;
}

/**
 * What follows from what was watched. A decision stays, whatever the policy says later; without one, enough must be watched
 * before the deadline.
 */
export function evaluateView(
  view: WatchedView,
  policy: PolicyBody,
  { viewer, nowMs }: { readonly viewer: Viewer; readonly nowMs: number },
): Evaluation {
  const { lengthSeconds, watchedSeconds, attendedAtMs } = view;
  const needed = neededSeconds(lengthSeconds, policy.attended_percent);
  const isOver = policy.deadline !== null && nowMs > Date.parse(policy.deadline);
  const attended = attendedAtMs !== null || (!isOver && lengthSeconds > 0 && watchedSeconds >= needed);
  const reason = refusal(view, policy, { viewer, isOver });
  return {
    watched_percent:
      lengthSeconds === 0 ? 0 : Math.min(100, Math.floor((watchedSeconds * 100) / lengthSeconds)),
    attended,
    next: { position: nextPosition(view), left_seconds: attended ? 0 : Math.max(0, needed - watchedSeconds) },
    may_play: reason === null,
    reason,
  };
}

/** Whether that viewer is among those who may watch. */
export function isInAudience(
  { audience }: Pick<PolicyBody, "audience">,
  { viewer, groups }: Viewer,
): boolean {
  switch (audience.kind) {
    case "all":
      return true;
    case "groups":
      return groups.some((group) => audience.groups.includes(group));
    case "viewers":
      return audience.viewers.includes(viewer);
  }
}

function refusal(
  { lengthSeconds }: WatchedView,
  policy: PolicyBody,
  { viewer, isOver }: { readonly viewer: Viewer; readonly isOver: boolean },
): RefusalReason | null {
  if (lengthSeconds === 0) return "not_ready";
  if (!isInAudience(policy, viewer)) return "not_in_audience";
  return isOver && policy.after_deadline === "closed" ? "deadline_over" : null;
}

/** Where the player stood; whoever has seen the end goes on with what is missing, or from the start. */
function nextPosition({ lengthSeconds, positionSeconds, firstUnwatched }: WatchedView): number {
  const position = positionSeconds ?? 0;
  if (lengthSeconds === 0 || position < lengthSeconds - END_SECONDS) return position;
  return firstUnwatched === null || firstUnwatched >= lengthSeconds - END_SECONDS ? 0 : firstUnwatched;
}

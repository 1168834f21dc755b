import {
  evaluateView,
  firstUnwatched,
  rangesOf,
  type Viewer,
  type ViewRef,
  type ViewState,
} from "@statusplane/core";
import type { PolicyBody, ViewBody } from "@statusplane/core/wire";

/** What a view's body is made of. */
export interface ViewParts {
  readonly ref: ViewRef;
  /** Null: nothing was watched yet. */
  readonly state: ViewState | null;
  /** Null: not looked at. */
  readonly watched: Uint8Array | null;
  /** Of the video now; 0: it cannot be played. */
  readonly lengthSeconds: number;
  readonly policy: PolicyBody;
  readonly viewer: Viewer;
  readonly nowMs: number;
}

/** A view as its viewer, and whoever manages, sees it. `attended` is what has been committed. */
export function viewBody({ ref, state, watched, policy, viewer, nowMs, ...parts }: ViewParts): ViewBody {
  const lengthSeconds = parts.lengthSeconds === 0 ? (state?.lengthSeconds ?? 0) : parts.lengthSeconds;
  const attendedAtMs = state?.attendedAtMs ?? null;
  const view = {
    ...{ lengthSeconds: parts.lengthSeconds, attendedAtMs },
    watchedSeconds: state?.watchedSeconds ?? 0,
    positionSeconds: state?.positionSeconds ?? null,
    firstUnwatched: watched === null ? null : firstUnwatched(watched),
  };
  const { watched_percent, next } = evaluateView({ ...view, lengthSeconds }, policy, { viewer, nowMs });
  const { may_play, reason } = evaluateView(view, policy, { viewer, nowMs });
  return {
    video: ref.video,
    viewer: ref.viewer,
    session: state?.session ?? 0,
    version: state?.version ?? 0,
    position: view.positionSeconds,
    length: lengthSeconds,
    watched_seconds: view.watchedSeconds,
    watched_percent,
    seen: watched === null ? null : rangesOf(watched),
    attended: attendedAtMs !== null,
    attended_at: isoOrNull(attendedAtMs),
    ...{ next, may_play, reason },
    last_seen_at: isoOrNull(state?.seenAtMs ?? null),
    policy,
  };
}

function isoOrNull(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}

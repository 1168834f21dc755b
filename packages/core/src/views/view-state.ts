import type { ViewRef } from "./view-ref.ts";

/** What a status store says of a view without its bitmap. */
export interface ViewState {
  readonly ref: ViewRef;
  /** Rises with each player that reports, and whenever the view is loaded from its row. */
  readonly session: number;
  /** Rises with each report. */
  readonly version: number;
  /** Where the player stood last; null: it was never played. */
  readonly positionSeconds: number | null;
  /** Of the video as last known; 0: not known. */
  readonly lengthSeconds: number;
  readonly watchedSeconds: number;
  /** Unix ms of the last moment that a report told of; null: none. */
  readonly seenAtMs: number | null;
  /** Unix ms: since when enough was watched, as the reports' counting saw it; null: not yet. */
  readonly dueAtMs: number | null;
  /** Unix ms of the committed decision; null: none. */
  readonly attendedAtMs: number | null;
}

/** What one session did, for logs. */
export interface SessionLog {
  readonly session: number;
  readonly beganAtMs: number;
  readonly endedAtMs: number;
  /** Seconds that were counted, and of them those that were muted, or played in a hidden page. */
  readonly countedSeconds: number;
  readonly mutedSeconds: number;
  readonly hiddenSeconds: number;
  /** Fastest that was reported. */
  readonly speed: number;
}

/** A view with all that is to be written to its row. */
export interface FullView extends ViewState {
  readonly watched: Uint8Array;
  /** Unix ms: since when the status store knows it; an erasure after that takes it along. */
  readonly knownSinceMs: number;
  /** Sessions that have reported since the last flush. */
  readonly sessions: readonly SessionLog[];
}

/** A view as its row has it. */
export interface RecordedView {
  readonly session: number;
  readonly version: number;
  readonly positionSeconds: number | null;
  readonly lengthSeconds: number;
  readonly seenAtMs: number | null;
  readonly attendedAtMs: number | null;
  readonly watched: Uint8Array;
}

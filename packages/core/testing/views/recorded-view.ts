import { bitmapOf, type RecordedView } from "@statusplane/core";

/** A row of 100 seconds whose seconds 50 to 60 were watched, long ago, and that has decided nothing. */
export function recordedView(): RecordedView {
  return {
    session: 0,
    version: 0,
    positionSeconds: 1,
    lengthSeconds: 100,
    seenAtMs: 1,
    attendedAtMs: null,
    watched: bitmapOf([[50, 60]]),
  };
}

import { DEFAULT_TIMINGS, type Timings } from "@statusplane/core";

/**
 * A two-hundredth of the product's intervals around the reconciler: a round of faults and repairs takes less than a second.
 * Waiting rows are not told again by themselves: what is repaired here was repaired by the outbox.
 */
export const RELAY_TIMINGS: Timings = {
  ...DEFAULT_TIMINGS,
  tickMs: 25,
  sweepEveryMs: 50,
  waitingEveryMs: 3_600_000,
  settleMs: 60,
  takeMs: 200,
  committerGraceMs: 20,
  reconcilerLeaseMs: 250,
  beatStaleMs: 100,
  standbyAskMs: 100,
  rereadMs: 500,
  // on a machine that is busy with something else: late answers are not what is tried here
  requestDeadlineMs: 10_000,
};

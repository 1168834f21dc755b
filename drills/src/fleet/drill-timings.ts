import { DEFAULT_TIMINGS, type Timings } from "@statusplane/core";

/** The product's intervals in seconds instead of minutes: the same code, the same proportions. */
export const DRILL_TIMINGS: Timings = {
  ...DEFAULT_TIMINGS,
  leaseMs: 3_000,
  renewEveryMs: 1_000,
  heartbeatMs: 1_000,
  tickMs: 500,
  sweepEveryMs: 1_000,
  waitingEveryMs: 20_000,
  settleMs: 4_000,
  takeMs: 3_000,
  committerGraceMs: 500,
  reconcilerLeaseMs: 1_500,
  beatStaleMs: 1_000,
  standbyAskMs: 3_000,
  takeBackEveryMs: 2_000,
  relistEveryMs: 2_000,
  finishWithinMs: 1_500,
  viewFlushMs: 1_000,
  viewTtlSeconds: 5,
};

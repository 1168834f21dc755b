import { DEFAULT_TIMINGS, type Timings } from "@statusplane/core";

/**
 * The product's intervals in seconds. The lease is long for what is done here: no worker is lost, so a job that was
 * started twice or lost a try owes it to a delivery.
 */
export const DELIVERY_TIMINGS: Timings = {
  ...DEFAULT_TIMINGS,
  leaseMs: 30_000,
  renewEveryMs: 5_000,
  heartbeatMs: 3_000,
  reportEveryMs: 100,
  tickMs: 500,
  sweepEveryMs: 1_000,
  waitingEveryMs: 5_000,
  settleMs: 3_000,
  takeMs: 3_000,
  committerGraceMs: 500,
  reconcilerLeaseMs: 3_000,
  beatStaleMs: 2_000,
  standbyAskMs: 3_000,
  retryBackoffMs: { first: 50, max: 200 },
  // on a machine that is busy with something else: late answers are not what is tried here
  requestDeadlineMs: 10_000,
  completionDeadlineMs: 10_000,
};

/** A result above this is kept in the row and has a key of its own; small, so that many are. */
export const INLINE_MAX_BYTES = 256;
/** BullMQ's lock: an event loop that stands still for longer loses its deliveries to other consumers. */
export const LOCK_MS = 1_000;
export const BLOCK_MS = { from: 1_600, to: 2_600 };
/** The event loop runs for so long between two blocks. */
export const BLOCK_EVERY_MS = 3_000;

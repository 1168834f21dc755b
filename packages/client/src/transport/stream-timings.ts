import { POLL_TIMINGS, type ClientTimings } from "./client-timings.ts";

/** Of a client that is pushed to. */
export const CLIENT_TIMINGS: ClientTimings = {
  ...POLL_TIMINGS,
  openMs: 4_000,
  readyMs: 10_000,
  floorAfterMs: 1_000,
  silentMs: 20_000,
  safetyPollMs: 60_000,
  reopenForMs: 10_000,
  returnAfterMs: 60_000,
  provenMs: 45_000,
  renewBeforeMs: 5_000,
  gatherMs: 20,
  pingMs: 5_000,
  answerMs: 5_000,
  forgetTabMs: 150_000,
};

import { DEFAULT_TIMINGS, type Timings } from "@statusplane/core";

/** For tests that are not about deadlines: a busy machine is no fault of the store. */
export const PATIENT: Timings = { ...DEFAULT_TIMINGS, requestDeadlineMs: 10_000 };

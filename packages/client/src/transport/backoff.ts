import { errorBackoffMs, withPollJitter } from "@statusplane/core";
import type { ClientError } from "../client-error.ts";
import type { Environment } from "../environment.ts";

/** After an answer that repeating will not change: 401 and every other 4xx but "slower" and "too slow". */
const REFUSED_INTERVAL_MS = 15_000;

/** How long to wait after a failed request, in ms. */
export interface RetryWait {
  /** What the server asked for, lengthened by jitter; 0 where it asked for nothing. Nobody comes earlier. */
  readonly askedMs: number;
  /** At least `askedMs`: 1, 2, 4 … 15 s with full jitter, 15 s after a refusal. */
  readonly waitMs: number;
}

/** @param errorsInARow from 1. */
export function retryWait(error: ClientError, errorsInARow: number, environment: Environment): RetryWait {
  const askedMs = withPollJitter(error.retryAfterMs ?? 0, environment.random());
  const backoffMs = isRefusal(error)
    ? withPollJitter(REFUSED_INTERVAL_MS, environment.random())
    : errorBackoffMs(errorsInARow, environment.random());
  return { askedMs, waitMs: Math.max(askedMs, backoffMs) };
}

function isRefusal({ status }: ClientError): boolean {
  return status >= 400 && status < 500 && status !== 429 && status !== 408;
}

import { StatusplaneError } from "@statusplane/core";

/**
 * Replies of a Redis that answers but cannot serve now, a master that was demoted among them; every other error reply is
 * about the data or the command. Redis 6 puts what a script ran into behind words of its own.
 */
const CANNOT_SERVE_NOW =
  /^(?:ERR Error running script .*?: )?-?(?:LOADING|BUSY|CLUSTERDOWN|MASTERDOWN|READONLY|OOM|TRYAGAIN|MISCONF|NOREPLICAS|UNBLOCKED|NOAUTH|WRONGPASS|NOPERM|MOVED|ASK|ERR max number of clients)\b/;

/** Whether Redis answered and what it said is about the data or the command, so that repeating is of no use. */
export function isDataError(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError" && !CANNOT_SERVE_NOW.test(error.message);
}

/** Errors of the data stay what they are; everything else is {store_unavailable}, with 1–3 s to wait. */
export function storeError(error: unknown, random: () => number): unknown {
  if (error instanceof StatusplaneError || isDataError(error)) return error;
  return new StatusplaneError("store_unavailable", {
    cause: error,
    retryAfterSeconds: 1 + Math.floor(random() * 3),
  });
}

/**
 * For a read of what any program may have written: a value of another type than the one asked for is none.
 * @throws every other error as it is.
 */
export function noneIfOfAnotherType(error: unknown): null {
  if (error instanceof Error && error.message.startsWith("WRONGTYPE")) return null;
  throw error;
}

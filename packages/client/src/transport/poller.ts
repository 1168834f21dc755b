import { withPollJitter } from "@statusplane/core";
import { ClientError } from "../client-error.ts";
import { createTimer } from "../timer.ts";
import type { Sender } from "../sender.ts";
import type { WatchRef } from "../watched-job.ts";
import { retryWait } from "./backoff.ts";

/** Who wants the next poll at once: a new watch, or a person who looks again or has changed something. */
export type PokeReason = "watch" | "person";

/** What is to be asked for now: what nobody else tells. */
export interface Due {
  readonly refs: readonly WatchRef[];
  /** The tenant's live list, too. */
  readonly active: boolean;
}

/** What a {@link Poller} works with. */
export interface PollerParts {
  readonly sender: Sender;
  /** Slower than this nobody looks, in ms. */
  readonly unseenPollMs: number;
  due(): Due;
  /** Asks for it and hands the answer on. @returns the longest wait that the server asked for, ms. */
  ask(due: Due): Promise<number>;
  /** How long the next poll can wait, ms, before jitter. */
  intervalMs(): number;
  /** A poll failed; whether it begins a streak. */
  onFailure(error: ClientError, isFirst: boolean): void;
}

/**
 * The floor that always holds: one loop. Three states: `idle` (nothing to poll), `waiting` (a timer), `asking` (one
 * request in flight; more than 100 refs go one request after the other).
 *
 * ```
 * idle ──watch──▶ waiting 0 ms ──▶ asking ──answer──▶ waiting the youngest job's interval + 0–15 % ─▶ asking …
 *                                     │ error: waiting 1, 2, 4 … 15 s, full jitter, or what Retry-After says
 *                                     └ nothing left to poll ──▶ idle
 * ```
 */
export interface Poller {
  readonly isIdle: boolean;
  /** Polls as soon as it may: `Retry-After` binds everybody, the backoff only new watches. */
  poke(reason: PokeReason): void;
  /** Stops at once when nothing is left to poll, and begins when nobody else tells any more. */
  settle(): void;
  /** Polls nothing until it is told that somebody looks again. */
  rest(isResting: boolean): void;
}

export function createPoller({ sender, unseenPollMs, ...parts }: PollerParts): Poller {
  const { environment } = sender;
  const timer = createTimer(environment);
  let isAsking = false;
  let isResting = false;
  let again: PokeReason | null = null;
  let errorsInARow = 0;
  let notBeforeMs = 0;

  const isSomethingDue = (): boolean => {
    const { refs, active } = parts.due();
    return !isResting && (active || refs.length > 0);
  };
  const wait = (delayMs: number): void => {
    timer.stop();
    if (isSomethingDue()) timer.start(() => void poll(), delayMs); // never rejects
  };
  const begin = (): void => wait(Math.max(0, notBeforeMs - environment.now()));
  const unseenMs = (): number => (environment.isVisible() && environment.isOnline() ? 0 : unseenPollMs);

  async function poll(): Promise<void> {
    if (!isSomethingDue()) return;
    isAsking = true;
    const delayMs = await parts.ask(parts.due()).then(
      (pollAfterMs) => {
        errorsInARow = 0;
        return withPollJitter(Math.max(parts.intervalMs(), pollAfterMs, unseenMs()), environment.random());
      },
      (cause: unknown) => {
        const error = cause instanceof ClientError ? cause : sender.failure("network_error", cause);
        errorsInARow += 1;
        parts.onFailure(error, errorsInARow === 1);
        const { askedMs, waitMs } = retryWait(error, errorsInARow, environment);
        notBeforeMs = environment.now() + askedMs;
        return Math.max(waitMs, unseenMs());
      },
    );
    isAsking = false;
    wait(delayMs);
    const reason = again;
    again = null;
    if (reason !== null) poke(reason);
  }

  function poke(reason: PokeReason): void {
    if (isAsking) {
      if (again !== "person") again = reason;
    } else if (reason === "person" || errorsInARow === 0 || !timer.isSet) begin();
  }

  return {
    get isIdle() {
      return !isAsking && !timer.isSet;
    },
    poke,
    settle() {
      if (isAsking) return;
      if (!isSomethingDue()) timer.stop();
      else if (!timer.isSet) begin();
    },
    rest(rests) {
      isResting = rests;
      if (rests) timer.stop();
      else poke("person");
    },
  };
}

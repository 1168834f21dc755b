import { withPollJitter } from "@statusplane/core";
import { batchPath, MAX_REFS, readBatch, type ReceivedBatch } from "@statusplane/core/wire";
import { retryWait } from "./backoff.ts";
import { callSafely } from "./call-safely.ts";
import { ClientError } from "./client-error.ts";
import { readBody } from "./reading.ts";
import { readDateMs, readPollAfterMs, type Sender } from "./sender.ts";
import { ASK_SPREAD_MS, pollIntervalMs, type WatchState } from "./watch-state.ts";
import type { Occurrence, WatchTable } from "./watch-table.ts";
import { watchKey, type WatchRef } from "./watched-job.ts";

/** Slower than this nobody looks: the page is hidden, or there is no network. */
const UNSEEN_INTERVAL_MS = 15_000;
/** An outage at page load spreads its asks over this long. */
const OUTAGE_SPREAD_MS = 5_000;

/** Who wants the next poll at once: a new watch, a page that is looked at again, a person who changed something. */
export type PokeReason = "watch" | "wake" | "person";

interface Known {
  readonly etag: string;
  /** Which refs the answer did not know: a 304 says so again. */
  readonly missing: ReadonlySet<string>;
}

/**
 * The client's one loop. Three states: `idle` (nothing to poll), `waiting` (a timer), `asking` (one request in
 * flight; more than 100 refs go one request after the other).
 *
 * ```
 * idle ──watch──▶ waiting 0 ms ──▶ asking ──answer──▶ waiting the youngest job's interval + 0–15 % ─▶ asking …
 *                                     │ error: waiting 1, 2, 4 … 15 s, full jitter, or what Retry-After says
 *                                     └ nothing left to poll ──▶ idle
 * ```
 */
export class Poller {
  readonly #table: WatchTable;
  readonly #sender: Sender;
  readonly #onError: (error: ClientError) => void;
  #known = new Map<string, Known>();
  #cancelTimer: (() => void) | null = null;
  #isAsking = false;
  #again: PokeReason | null = null;
  #errorsInARow = 0;
  #notBeforeMs = 0;
  #isClosed = false;

  constructor(table: WatchTable, sender: Sender, onError: (error: ClientError) => void) {
    this.#table = table;
    this.#sender = sender;
    this.#onError = onError;
  }

  /** Polls as soon as it may: `Retry-After` binds everybody, the backoff only new watches. */
  poke(reason: PokeReason): void {
    if (this.#isClosed) return;
    if (this.#isAsking) {
      if (this.#again === null || this.#again === "watch") this.#again = reason;
      return;
    }
    if (reason === "watch" && this.#errorsInARow > 0 && this.#cancelTimer !== null) return;
    this.#schedule(Math.max(0, this.#notBeforeMs - this.#sender.environment.now()));
  }

  /** Stops at once when nothing is left to poll. */
  settle(): void {
    if (this.#table.polled().length === 0) this.#unschedule();
  }

  get isIdle(): boolean {
    return !this.#isAsking && this.#cancelTimer === null;
  }

  close(): void {
    this.#isClosed = true;
    this.#unschedule();
  }

  #schedule(delayMs: number): void {
    this.#unschedule();
    if (this.#isClosed || this.#table.polled().length === 0) return;
    this.#cancelTimer = this.#sender.environment.setTimer(() => {
      this.#cancelTimer = null;
      void this.#poll(); // never rejects
    }, delayMs);
  }

  #unschedule(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  async #poll(): Promise<void> {
    const states = this.#table.polled();
    if (states.length === 0 || this.#isClosed) return;
    this.#isAsking = true;
    let delayMs: number;
    try {
      const pollAfterMs = await this.#askAll(states);
      this.#errorsInARow = 0;
      delayMs = this.#intervalMs(pollAfterMs);
    } catch (error) {
      delayMs = this.#failed(states, error);
    }
    this.#isAsking = false;
    this.#schedule(delayMs);
    const again = this.#again;
    this.#again = null;
    if (again !== null) this.poke(again);
  }

  /** @returns the longest wait that the server asked for, ms. */
  async #askAll(states: readonly WatchState[]): Promise<number> {
    const known = new Map<string, Known>();
    let pollAfterMs = 0;
    for (const chunk of chunks(states, MAX_REFS)) {
      pollAfterMs = Math.max(pollAfterMs, await this.#ask(chunk, known));
    }
    this.#known = known;
    return pollAfterMs;
  }

  #ask(states: readonly WatchState[], known: Map<string, Known>): Promise<number> {
    const refs = states.map((state) => state.job.ref);
    const path = batchPath(refs);
    // A 304 says "as before", which means nothing for a job without a before.
    const before = states.every((state) => state.seen !== null || state.misses > 0)
      ? this.#known.get(path)
      : undefined;
    const headers = before === undefined ? {} : { "If-None-Match": before.etag };
    return this.#sender.send(path, { headers, cache: "no-store" }, async (response) => {
      if (response.status === 304 && before !== undefined) {
        known.set(path, before);
        this.#takeUnchanged(refs, before, readDateMs(response.headers));
      } else {
        if (!response.ok) throw await this.#sender.errorOf(response);
        const batch = this.#sender.checked(await this.#sender.bodyOf(response), readBatch);
        const missing = this.#takeBatch(refs, batch, readDateMs(response.headers));
        const etag = response.headers.get("ETag");
        if (etag !== null) known.set(path, { etag, missing });
      }
      return readPollAfterMs(response.headers);
    });
  }

  #takeBatch(
    refs: readonly WatchRef[],
    batch: ReceivedBatch,
    serverNowMs: number | null,
  ): ReadonlySet<string> {
    const atMs = this.#sender.environment.now();
    const missing = new Set<string>();
    const occurrences = refs.map((ref): Occurrence => {
      const body = batch.bodyOf(ref);
      if (body !== undefined) {
        const reading = readBody(ref, body, this.#sender.language);
        return [ref, { type: "answer", reading, serverNowMs, atMs }];
      }
      missing.add(watchKey(ref));
      return this.#missing(ref, atMs);
    });
    this.#apply(occurrences);
    return missing;
  }

  #takeUnchanged(refs: readonly WatchRef[], { missing }: Known, serverNowMs: number | null): void {
    const atMs = this.#sender.environment.now();
    this.#apply(
      refs.map((ref) =>
        missing.has(watchKey(ref))
          ? this.#missing(ref, atMs)
          : [ref, { type: "unchanged", serverNowMs, atMs }],
      ),
    );
  }

  #missing(ref: WatchRef, atMs: number): Occurrence {
    return [ref, { type: "missing", atMs, spreadMs: ASK_SPREAD_MS * this.#sender.environment.random() }];
  }

  /** @returns the wait before the next poll, ms. */
  #failed(states: readonly WatchState[], cause: unknown): number {
    const { environment } = this.#sender;
    const error = cause instanceof ClientError ? cause : this.#sender.failure("network_error", cause);
    const atMs = environment.now();
    this.#apply(
      states.map(({ job }) => [
        job.ref,
        {
          type: "lost",
          atMs,
          outageSpreadMs: error.status === 503 ? OUTAGE_SPREAD_MS * environment.random() : null,
        },
      ]),
    );
    this.#errorsInARow += 1;
    if (this.#errorsInARow === 1 && !this.#isClosed) callSafely(() => this.#onError(error));
    const { askedMs, waitMs } = retryWait(error, this.#errorsInARow, environment);
    this.#notBeforeMs = atMs + askedMs;
    return Math.max(waitMs, this.#unseenMs());
  }

  #apply(occurrences: readonly Occurrence[]): void {
    if (!this.#isClosed) this.#table.apply(occurrences);
  }

  /** The youngest job's interval, or the longer one that the server or a hidden page asks for; jitter lengthens it. */
  #intervalMs(pollAfterMs: number): number {
    const { environment } = this.#sender;
    const atMs = environment.now();
    const intervals = this.#table.polled().map((state) => pollIntervalMs(state, atMs, environment.random()));
    return withPollJitter(
      Math.max(Math.min(...intervals), pollAfterMs, this.#unseenMs()),
      environment.random(),
    );
  }

  #unseenMs(): number {
    const { environment } = this.#sender;
    return environment.isVisible() && environment.isOnline() ? 0 : UNSEEN_INTERVAL_MS;
  }
}

/** Splits into groups of at most `size`. */
function chunks<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let start = 0; start < items.length; start += size) groups.push(items.slice(start, start + size));
  return groups;
}

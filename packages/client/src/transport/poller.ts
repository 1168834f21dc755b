import { withPollJitter } from "@statusplane/core";
import { batchPath, MAX_REFS, readBatch, readLiveList } from "@statusplane/core/wire";
import { ClientError } from "../client-error.ts";
import { readDateMs, readPollAfterMs, type Sender } from "../sender.ts";
import { pollIntervalMs, type WatchState } from "../watch-state.ts";
import type { WatchTable } from "../watch-table.ts";
import { watchKey, type WatchRef } from "../watched-job.ts";
import { retryWait } from "./backoff.ts";
import type { ClientTimings } from "./client-timings.ts";
import type { Delivery } from "./delivery.ts";

/** Who wants the next poll at once: a new watch, a page that is looked at again, a person who changed something. */
export type PokeReason = "watch" | "wake" | "person";

/** What is told otherwise, so that the poll need not ask for it. */
export interface Cover {
  /** Whether a stream tells of the job. */
  covers(ref: WatchRef): boolean;
  /** Jobs that other tabs of the browser watch by this one's stream: asked for when everything is. */
  guests(): readonly WatchRef[];
  /** Whether another tab polls everything for this one, too. */
  readonly isRelayed: boolean;
  /** Whether the poll shall ask for the tenant's live list, and whether a stream tells it. */
  readonly list: "unwanted" | "wanted" | "covered";
  /** Whether the live list tells of the job. */
  lists(ref: WatchRef): boolean;
  /** How long the live list can wait for its next poll, in ms. */
  readonly listIntervalMs: number;
}

/** What a {@link Poller} works with. */
export interface PollerParts {
  readonly table: WatchTable;
  readonly sender: Sender;
  readonly timings: ClientTimings;
  readonly cover: Cover;
  onDelivery(delivery: Delivery): void;
  /** A poll failed: what it had asked for, and whether it begins a streak. */
  onFailure(error: ClientError, asked: readonly WatchState[], isFirst: boolean): void;
}

/** What the next poll asks for. */
interface Due {
  readonly states: readonly WatchState[];
  readonly active: boolean;
}

interface Known {
  readonly etag: string;
  /** What the answer said: a 304 says so again. */
  readonly told: readonly WatchRef[];
  readonly missing: readonly WatchRef[];
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
 *
 * What a stream covers is left out, but for one poll of everything each minute: a stream is believed, not trusted.
 */
export class Poller {
  readonly #parts: PollerParts;
  #known = new Map<string, Known>();
  #cancelTimer: (() => void) | null = null;
  /** Whether the timer waits for what nobody else tells, or only for the poll of everything. */
  #waitsForDue = false;
  #isAsking = false;
  #again: PokeReason | null = null;
  #errorsInARow = 0;
  #notBeforeMs = 0;
  /** When everything is polled, whatever is covered. */
  #wholeAtMs: number | null = null;
  #isResting = false;
  #isClosed = false;

  constructor(parts: PollerParts) {
    this.#parts = parts;
  }

  /** Polls as soon as it may: `Retry-After` binds everybody, the backoff only new watches. */
  poke(reason: PokeReason): void {
    if (this.#isClosed) return;
    if (this.#isAsking) {
      if (this.#again === null || this.#again === "watch") this.#again = reason;
      return;
    }
    if (reason === "watch" && this.#errorsInARow > 0 && this.#cancelTimer !== null) return;
    if (reason === "wake") this.#wholeAtMs = this.#now();
    this.#schedule(Math.max(0, this.#notBeforeMs - this.#now()));
  }

  /** Stops at once when nothing is left to poll, and begins when nobody else tells any more. */
  settle(): void {
    if (this.#isAsking || this.#isClosed || this.#isResting) return;
    if (!this.#isWanted()) return this.#unschedule();
    const isDue = isSomething(this.#due(false));
    const isWaiting = this.#cancelTimer !== null;
    if (isWaiting && isDue === this.#waitsForDue) return;
    if (isDue) this.#schedule(Math.max(0, this.#notBeforeMs - this.#now()));
    else this.#schedule(0);
  }

  /** Polls nothing until it is told that somebody looks again. */
  rest(isResting: boolean): void {
    this.#isResting = isResting;
    if (isResting) this.#unschedule();
    else this.poke("wake");
  }

  get isIdle(): boolean {
    return !this.#isAsking && this.#cancelTimer === null;
  }

  close(): void {
    this.#isClosed = true;
    this.#unschedule();
  }

  /** What is asked for next; `isWhole`: whatever a stream tells. */
  #due(isWhole: boolean): Due {
    const { cover, table } = this.#parts;
    const states = table
      .polled()
      .filter(({ job }) => !this.#isListed(job.ref) && (isWhole || !cover.covers(job.ref)));
    return { states, active: cover.list === "wanted" || (isWhole && cover.list === "covered") };
  }

  /** The live list, whoever tells it, tells of what it names. */
  #isListed(ref: WatchRef): boolean {
    const { cover } = this.#parts;
    return cover.list !== "unwanted" && cover.lists(ref);
  }

  #isWanted(): boolean {
    const { cover, table } = this.#parts;
    return cover.list !== "unwanted" || table.polled().length > 0;
  }

  #schedule(delayMs: number): void {
    this.#unschedule();
    if (this.#isClosed || this.#isResting || !this.#isWanted()) return;
    const { cover, sender, timings } = this.#parts;
    this.#waitsForDue = isSomething(this.#due(false));
    if (this.#isCovered() && !cover.isRelayed) this.#wholeAtMs ??= this.#now() + timings.safetyPollMs;
    if (!this.#waitsForDue && this.#wholeAtMs === null) return;
    const wholeInMs = Math.max(0, (this.#wholeAtMs ?? 0) - this.#now());
    this.#cancelTimer = sender.environment.setTimer(
      () => {
        this.#cancelTimer = null;
        void this.#poll(); // never rejects
      },
      this.#waitsForDue ? delayMs : wholeInMs,
    );
  }

  #isCovered(): boolean {
    const { cover, table } = this.#parts;
    return cover.list === "covered" || table.polled().some(({ job }) => cover.covers(job.ref));
  }

  #unschedule(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  async #poll(): Promise<void> {
    if (this.#isClosed) return;
    const isWhole = this.#wholeAtMs !== null && this.#now() >= this.#wholeAtMs;
    if (isWhole) this.#wholeAtMs = null;
    const due = this.#due(isWhole);
    const guests = isWhole ? this.#parts.cover.guests() : [];
    if (!isSomething(due) && guests.length === 0) return;
    this.#isAsking = true;
    let delayMs: number;
    try {
      const pollAfterMs = await this.#askAll(due, guests);
      this.#errorsInARow = 0;
      delayMs = this.#intervalMs(pollAfterMs);
    } catch (error) {
      delayMs = this.#failed(due.states, error);
    }
    this.#isAsking = false;
    this.#schedule(delayMs);
    const again = this.#again;
    this.#again = null;
    if (again !== null) this.poke(again);
  }

  /** @returns the longest wait that the server asked for, ms. */
  async #askAll({ states, active }: Due, guests: readonly WatchRef[]): Promise<number> {
    const refs = new Map([...states.map(({ job }) => job.ref), ...guests].map((ref) => [watchKey(ref), ref]));
    const known = new Map<string, Known>();
    let pollAfterMs = 0;
    for (const [i, chunk] of chunks([...refs.values()], MAX_REFS).entries()) {
      pollAfterMs = Math.max(pollAfterMs, await this.#ask(chunk, active && i === 0, known));
    }
    this.#known = known;
    return pollAfterMs;
  }

  #ask(refs: readonly WatchRef[], active: boolean, known: Map<string, Known>): Promise<number> {
    const { sender } = this.#parts;
    const path = batchPath(refs, "", active);
    const before = this.#before(path, refs);
    const headers = before === undefined ? {} : { "If-None-Match": before.etag };
    return sender.send(path, { headers, cache: "no-store" }, async (response) => {
      const serverNowMs = readDateMs(response.headers);
      if (response.status === 304 && before !== undefined) {
        known.set(path, before);
        this.#tell({ unchanged: before.told, missing: before.missing, serverNowMs });
      } else {
        if (!response.ok) throw await sender.errorOf(response);
        const body = await sender.bodyOf(response);
        const batch = sender.checked(body, readBatch);
        const list = active ? { list: sender.checked(body, readLiveList) } : {};
        const told = active ? batch.jobs : refs.filter((ref) => batch.bodyOf(ref) !== undefined);
        const missing = refs.filter((ref) => batch.bodyOf(ref) === undefined);
        const etag = response.headers.get("ETag");
        if (etag !== null) known.set(path, { etag, told, missing });
        const snapshots = told.map((ref) => [ref, batch.bodyOf(ref)] as const);
        this.#tell({ snapshots, missing, ...list, serverNowMs });
      }
      return readPollAfterMs(response.headers);
    });
  }

  /** A 304 says "as before", which means nothing for a job without a before. */
  #before(path: string, refs: readonly WatchRef[]): Known | undefined {
    const before = this.#known.get(path);
    const isKnown = (ref: WatchRef): boolean => {
      const state = this.#parts.table.state(ref);
      return state !== undefined && (state.seen !== null || state.misses > 0);
    };
    return before !== undefined && [...refs, ...before.told].every(isKnown) ? before : undefined;
  }

  #tell(delivery: Delivery): void {
    if (!this.#isClosed) this.#parts.onDelivery(delivery);
  }

  /** @returns the wait before the next poll, ms. */
  #failed(states: readonly WatchState[], cause: unknown): number {
    const { sender } = this.#parts;
    const error = cause instanceof ClientError ? cause : sender.failure("network_error", cause);
    this.#errorsInARow += 1;
    if (!this.#isClosed) this.#parts.onFailure(error, states, this.#errorsInARow === 1);
    const { askedMs, waitMs } = retryWait(error, this.#errorsInARow, sender.environment);
    this.#notBeforeMs = this.#now() + askedMs;
    return Math.max(waitMs, this.#unseenMs());
  }

  /** The youngest job's interval, or the longer one that the server or a hidden page asks for; jitter lengthens it. */
  #intervalMs(pollAfterMs: number): number {
    const { cover, sender, table } = this.#parts;
    const { environment } = sender;
    const atMs = environment.now();
    const polled = table.polled().filter(({ job }) => !cover.covers(job.ref));
    const intervals = polled.map((state) => pollIntervalMs(state, atMs, environment.random()));
    if (cover.list === "wanted") intervals.push(cover.listIntervalMs);
    return withPollJitter(
      Math.max(Math.min(...intervals), pollAfterMs, this.#unseenMs()),
      environment.random(),
    );
  }

  #unseenMs(): number {
    const { sender, timings } = this.#parts;
    return sender.environment.isVisible() && sender.environment.isOnline() ? 0 : timings.unseenPollMs;
  }

  #now(): number {
    return this.#parts.sender.environment.now();
  }
}

function isSomething({ states, active }: Due): boolean {
  return states.length > 0 || active;
}

/** Splits into groups of at most `size`; one empty group of nothing. */
function chunks<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [items.slice(0, size)];
  for (let start = size; start < items.length; start += size) groups.push(items.slice(start, start + size));
  return groups;
}

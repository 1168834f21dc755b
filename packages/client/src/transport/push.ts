import { errorBackoffMs, withPollJitter } from "@statusplane/core";
import type { Sender } from "../sender.ts";
import { watchKey, type WatchRef } from "../watched-job.ts";
import type { ClientTimings } from "./client-timings.ts";
import { isNothing, NOTHING_WANTED, type Wanted } from "./delivery.ts";
import { isSameWanted, Link, type LinkEnd } from "./link.ts";
import type { Pusher, PushListener } from "./pusher.ts";
import type { OpenStreamOf, PushTransport } from "./stream.ts";

export interface PushParts {
  readonly sender: Sender;
  readonly timings: ClientTimings;
  /** In the order in which they are tried. */
  readonly streams: readonly (readonly [PushTransport, OpenStreamOf])[];
  /**
   * Whether a page keeps an SSE that it cannot share: each takes one of the few connections that a browser has for an
   * origin on HTTP/1.1, and eight such tabs would hear nothing any more.
   */
  readonly keepsUnsharedSse: boolean;
  readonly listener: PushListener;
}

/**
 * Keeps one stream open while something is wanted, by the first transport that works.
 *
 * ```
 * off ──wanted──▶ opening ──told──▶ live ──nothing wanted, all ended──▶ off
 *                  │   ▲             │ the server says: come again (age, token, leaving) ─▶ the next is opened beside it
 *    each has failed   └──cut off────┤   and takes over when it has told everything
 *                  ▼                 │
 *                 down ◀──silent─────┘   the poll has all; tried again after 60 s, later if the last lived short
 * ```
 *
 * The poll asks for what is not covered: nothing at once while a stream is opened, everything from then on.
 */
export class Push implements Pusher {
  readonly #parts: PushParts;
  #streams: PushParts["streams"];
  #phase: "off" | "opening" | "live" | "down" = "off";
  #wanted: Wanted = NOTHING_WANTED;
  #wantedKeys: ReadonlySet<string> = new Set();
  #told: ReadonlySet<string> = new Set();
  /** The link that counts, and the one that is to follow it. */
  #link: Link | null = null;
  #next: Link | null = null;
  /** Which transport is tried. */
  #at = 0;
  /** What is wanted is waited for until then, before the poll asks for it. */
  #patienceUntilMs = 0;
  #openingSinceMs = 0;
  #failures = 0;
  #wasLive = false;
  /** The last stream was cut off before it had proven itself: one such is an accident, a second is not. */
  #isShaky = false;
  #liveSinceMs = 0;
  #notBeforeMs = 0;
  #cancels: { [What in "gather" | "patience" | "open" | "renew" | "replace"]?: () => void } = {};
  #lastUnchangedMs = 0;
  #renewedForMs: number | null = null;

  constructor(parts: PushParts) {
    this.#parts = parts;
    this.#streams = parts.streams;
  }

  /** Whether a stream tells everything that is wanted, or did a moment ago. */
  get isLive(): boolean {
    return this.#phase === "live" || (this.#wasLive && this.#phase === "opening" && this.#isPatient);
  }

  /** Whether the poll need not ask for the job. */
  covers(key: string): boolean {
    if (this.#phase === "live" && this.#told.has(key)) return true;
    return this.#phase !== "down" && this.#isPatient && this.#wantedKeys.has(key);
  }

  /** The same of the live list. */
  get coversList(): boolean {
    if (this.#phase === "live" && this.#link?.told?.active === true) return true;
    return this.#phase !== "down" && this.#isPatient && this.#wanted.active;
  }

  get isRelayed(): boolean {
    return false;
  }

  guests(): readonly WatchRef[] {
    return [];
  }

  share(): void {}

  want(wanted: Wanted): void {
    if (this.#streams.length === 0 || isSameWanted(this.#wanted, wanted)) return;
    const { environment } = this.#parts.sender;
    const isNew =
      (wanted.active && !this.#wanted.active) ||
      wanted.refs.some((ref) => !this.#wantedKeys.has(watchKey(ref)));
    this.#wanted = wanted;
    this.#wantedKeys = new Set(wanted.refs.map(watchKey));
    if (isNew && this.#phase !== "down") this.#waitPatiently();
    this.#cancels.gather ??= environment.setTimer(() => {
      delete this.#cancels.gather;
      this.#follow();
    }, this.#parts.timings.gatherMs);
  }

  /** Somebody looks again, or the network is back: nobody waits any longer than the server asks for. */
  wake(): void {
    if (this.#link?.isSilent === true) this.#lost(this.#link, { why: "lost", retryAfterMs: 0 });
    else if (this.#cancels.open !== undefined) this.#openAfter(0);
  }

  close(): void {
    this.#off();
    this.#wanted = NOTHING_WANTED;
  }

  /** Brings the connection in line with what is wanted. */
  #follow(): void {
    if (isNothing(this.#wanted)) return this.#off();
    if (this.#phase === "off") {
      this.#phase = "opening";
      this.#openingSinceMs = this.#now();
      this.#at = 0;
      this.#failures = 0;
      this.#waitPatiently();
      return this.#openAfter(0);
    }
    const newest = this.#next ?? this.#link;
    if (newest !== null && !newest.watch(this.#wanted)) this.#openNext();
    if (this.#link?.told !== null) this.#told = keysOf(this.#link?.told ?? NOTHING_WANTED);
  }

  #off(): void {
    this.#closeLinks();
    for (const cancel of Object.values(this.#cancels)) cancel();
    this.#cancels = {};
    this.#phase = "off";
    this.#wasLive = false;
    this.#told = new Set();
  }

  #closeLinks(): void {
    this.#link?.close();
    this.#next?.close();
    this.#link = null;
    this.#next = null;
  }

  #openAfter(waitMs: number): void {
    this.#cancels.open?.();
    this.#cancels.open = this.#parts.sender.environment.setTimer(
      () => {
        delete this.#cancels.open;
        this.#link = this.#open();
      },
      Math.max(waitMs, this.#notBeforeMs - this.#now()),
    );
  }

  #openNext(): void {
    this.#next?.close();
    this.#next = this.#open();
  }

  #open(): Link | null {
    const [transport, open] = this.#streams[this.#at] ?? [];
    if (transport === undefined || open === undefined) return null;
    const { sender, timings } = this.#parts;
    return new Link({
      ...{ transport, open, sender, timings },
      wanted: this.#wanted,
      listener: {
        onHello: (link) => this.#greeted(link),
        onDelivery: (delivery) => this.#parts.listener.onDelivery(delivery),
        onReady: (link) => this.#ready(link),
        onLife: () => this.#lives(),
        onLeave: (link, retryAfterMs) => this.#replace(link, retryAfterMs),
        onOver: (link, end) => this.#over(link, end),
      },
    });
  }

  #greeted(link: Link): void {
    if (link.transport === "sse" && link.reader === null && !this.#parts.keepsUnsharedSse) {
      this.#streams = this.#streams.filter(([transport]) => transport !== "sse");
      this.#at -= 1;
      return this.#over(link, { why: "lost", retryAfterMs: 0 });
    }
    this.#parts.listener.onReader(link.reader);
    // A page that has no newer token yet is not asked again and again.
    if (link.expiresAtMs === null || link.expiresAtMs === this.#renewedForMs) return;
    const { expiresAtMs } = link;
    const { sender, timings } = this.#parts;
    const leftMs = expiresAtMs - (sender.serverNowMs() ?? Date.now());
    const waitMs = leftMs - Math.min(timings.renewBeforeMs, leftMs / 10);
    this.#cancels.renew?.();
    delete this.#cancels.renew;
    if (!(waitMs > 0)) return; // the server will say when it is over
    this.#cancels.renew = sender.environment.setTimer(
      () => {
        delete this.#cancels.renew;
        this.#renewedForMs = expiresAtMs;
        if (this.#phase === "live" && this.#link?.renew() === false) this.#openNext();
      },
      Math.min(waitMs, MAX_TIMER_MS),
    );
  }

  #ready(link: Link): void {
    if (link === this.#next) {
      this.#link?.close();
      this.#link = link;
      this.#next = null;
    }
    if (link !== this.#link) return;
    if (this.#phase !== "live") this.#liveSinceMs = this.#now();
    this.#phase = "live";
    this.#wasLive = true;
    this.#told = keysOf(link.told ?? NOTHING_WANTED);
    this.#parts.listener.onCover();
    if (!isSameWanted(this.#wanted, link.told ?? NOTHING_WANTED)) this.#follow();
  }

  /** A sign of life says of everything that is told: as before. */
  #lives(): void {
    const nowMs = this.#now();
    if (this.#phase !== "live" || nowMs - this.#lastUnchangedMs < UNCHANGED_EVERY_MS) return;
    this.#lastUnchangedMs = nowMs;
    const unchanged = this.#link?.told?.refs ?? [];
    this.#parts.listener.onDelivery({ unchanged, serverNowMs: this.#parts.sender.serverNowMs() });
  }

  /** A server that says when to come back serves until then. */
  #replace(link: Link, retryAfterMs: number): void {
    if (link !== this.#link || this.#phase !== "live" || this.#next !== null) return;
    this.#cancels.replace?.();
    this.#cancels.replace = this.#parts.sender.environment.setTimer(() => {
      delete this.#cancels.replace;
      if (link === this.#link && this.#next === null) this.#openNext();
    }, retryAfterMs);
  }

  #over(link: Link, end: LinkEnd): void {
    if (link === this.#next) {
      link.close();
      this.#next = null; // what it was to tell anew is polled, and asked for again with the next change
      if (this.#phase === "live" && end.why !== "ended") this.#parts.listener.onCover();
      return;
    }
    if (link !== this.#link) return;
    this.#link = null;
    if (end.why === "ended") return this.#off();
    this.#lost(link, end);
  }

  #lost(link: Link, { why, retryAfterMs }: LinkEnd): void {
    link.close();
    const nowMs = this.#now();
    this.#notBeforeMs = nowMs + retryAfterMs;
    if (this.#phase !== "live") return this.#failed();
    const { timings, sender } = this.#parts;
    const lived = nowMs - this.#liveSinceMs;
    if (this.#next !== null) {
      this.#link = this.#next;
      this.#next = null;
    } else {
      this.#link = null;
      const wasShaky = this.#isShaky;
      this.#isShaky = why === "lost" && lived < timings.provenMs;
      if (why === "silent" || (wasShaky && this.#isShaky)) return this.#down(lived);
    }
    this.#phase = "opening";
    this.#openingSinceMs = nowMs;
    this.#failures = 0;
    if (why !== "silent") this.#waitPatiently(retryAfterMs);
    // Whoever was cut off comes back within a second, spread: others were, too.
    if (this.#link === null)
      this.#openAfter(why === "lost" ? FIRST_SPREAD_MS * sender.environment.random() : 0);
    this.#parts.listener.onCover();
  }

  /** A link that was being opened is over: the next transport, and when each has failed, again or the poll. */
  #failed(): void {
    const { timings, sender } = this.#parts;
    this.#link = null;
    this.#at += 1;
    if (this.#at < this.#streams.length && this.#notBeforeMs <= this.#now()) return this.#openAfter(0);
    this.#at = 0;
    this.#failures += 1;
    const isLate = this.#now() - this.#openingSinceMs >= timings.reopenForMs;
    if (!this.#wasLive || this.#phase === "down" || isLate) return this.#down(timings.provenMs);
    this.#openAfter(errorBackoffMs(this.#failures, sender.environment.random()));
  }

  /** The poll takes over for a minute, and for longer where the stream had hardly lived. */
  #down(livedMs: number): void {
    const { timings, sender, listener } = this.#parts;
    this.#phase = "down";
    this.#wasLive = false;
    this.#isShaky = false;
    this.#at = 0;
    const holdMs = withPollJitter(timings.returnAfterMs, sender.environment.random());
    this.#openAfter(holdMs + Math.max(0, timings.provenMs - livedMs));
    listener.onCover();
  }

  /** A server that says when to come back is not asked otherwise before: so do all whom it told. */
  #waitPatiently(retryAfterMs = 0): void {
    const { timings, sender } = this.#parts;
    const patienceMs = Math.min(retryAfterMs, timings.reopenForMs) + timings.floorAfterMs;
    this.#patienceUntilMs = this.#now() + patienceMs;
    this.#cancels.patience?.();
    this.#cancels.patience = sender.environment.setTimer(() => {
      delete this.#cancels.patience;
      this.#parts.listener.onCover();
    }, patienceMs);
  }

  get #isPatient(): boolean {
    return this.#now() < this.#patienceUntilMs;
  }

  #now(): number {
    return this.#parts.sender.environment.now();
  }
}

/** Cut off together, come back apart. */
const FIRST_SPREAD_MS = 1_000;
const UNCHANGED_EVERY_MS = 10_000;
/** A browser takes a longer timer for none. */
const MAX_TIMER_MS = 2_147_483_647;

function keysOf({ refs }: Wanted): ReadonlySet<string> {
  return new Set(refs.map(watchKey));
}

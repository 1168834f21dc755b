import { errorBackoffMs, withPollJitter } from "@statusplane/core";
import type { Sender } from "../sender.ts";
import { createTimer, type Timer } from "../timer.ts";
import { watchKey } from "../watched-job.ts";
import type { ClientTimings } from "./client-timings.ts";
import { isNothing, NOTHING_WANTED, type Wanted } from "./delivery.ts";
import { isSameWanted, openLink, type Link, type LinkEnd } from "./link.ts";
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
export function createPush({ sender, timings, keepsUnsharedSse, listener, ...parts }: PushParts): Pusher {
  const { environment } = sender;
  let { streams } = parts;
  let phase: "off" | "opening" | "live" | "down" = "off";
  let wanted: Wanted = NOTHING_WANTED;
  let wantedKeys: ReadonlySet<string> = new Set();
  let told: ReadonlySet<string> = new Set();
  /** The link that counts, and the one that is to follow it. */
  let current: Link | null = null;
  let next: Link | null = null;
  /** Which transport is tried. */
  let at = 0;
  let openingSinceMs = 0;
  let failures = 0;
  let wasLive = false;
  /** The last stream was cut off before it had proven itself: one such is an accident, a second is not. */
  let isShaky = false;
  let liveSinceMs = 0;
  let notBeforeMs = 0;
  const newTimer = (): Timer => createTimer(environment);
  /** What is wanted is waited for while it runs, before the poll asks for it. */
  const patience = newTimer();
  const gathering = newTimer();
  const opening = newTimer();
  const renewing = newTimer();
  const replacing = newTimer();
  let lastUnchangedMs = 0;
  let renewedForMs: number | null = null;

  function want(asked: Wanted): void {
    if (streams.length === 0 || isSameWanted(wanted, asked)) return;
    const isNew =
      (asked.active && !wanted.active) || asked.refs.some((ref) => !wantedKeys.has(watchKey(ref)));
    wanted = asked;
    wantedKeys = keysOf(asked);
    if (isNew && phase !== "down") waitPatiently();
    gathering.start(follow, timings.gatherMs);
  }

  /** Brings the connection in line with what is wanted. */
  function follow(): void {
    if (isNothing(wanted)) return off();
    if (phase === "off") {
      phase = "opening";
      openingSinceMs = environment.now();
      at = 0;
      failures = 0;
      waitPatiently();
      return openAfter(0);
    }
    const newest = next ?? current;
    if (newest !== null && !newest.watch(wanted)) openNext();
    if (current?.told !== null) told = keysOf(current?.told ?? NOTHING_WANTED);
  }

  function off(): void {
    current?.close();
    next?.close();
    current = null;
    next = null;
    for (const timer of [patience, gathering, opening, renewing, replacing]) timer.stop();
    phase = "off";
    wasLive = false;
    told = new Set();
  }

  function openAfter(waitMs: number): void {
    opening.set(
      () => {
        current = open();
      },
      Math.max(waitMs, notBeforeMs - environment.now()),
    );
  }

  function openNext(): void {
    next?.close();
    next = open();
  }

  function open(): Link | null {
    const [transport, openStream] = streams[at] ?? [];
    if (transport === undefined || openStream === undefined) return null;
    return openLink({
      ...{ transport, openStream, sender, timings, wanted },
      listener: {
        onHello: greeted,
        onDelivery: (delivery) => listener.onDelivery(delivery),
        onReady: ready,
        onLife: lives,
        onLeave: replace,
        onOver: over,
      },
    });
  }

  function greeted(link: Link): void {
    if (link.transport === "sse" && link.reader === null && !keepsUnsharedSse) {
      streams = streams.filter(([transport]) => transport !== "sse");
      at -= 1;
      return over(link, { why: "lost", retryAfterMs: 0 });
    }
    listener.onReader(link.reader);
    // A page that has no newer token yet is not asked again and again.
    if (link.expiresAtMs === null || link.expiresAtMs === renewedForMs) return;
    const { expiresAtMs } = link;
    const leftMs = expiresAtMs - (sender.serverNowMs() ?? Date.now());
    const waitMs = leftMs - Math.min(timings.renewBeforeMs, leftMs / 10);
    renewing.stop();
    if (!(waitMs > 0)) return; // the server will say when it is over
    renewing.start(
      () => {
        renewedForMs = expiresAtMs;
        if (phase === "live" && current?.renew() === false) openNext();
      },
      Math.min(waitMs, MAX_TIMER_MS),
    );
  }

  function ready(link: Link): void {
    if (link === next) {
      current?.close();
      current = link;
      next = null;
    }
    if (link !== current) return;
    if (phase !== "live") liveSinceMs = environment.now();
    phase = "live";
    wasLive = true;
    told = keysOf(link.told ?? NOTHING_WANTED);
    listener.onCover();
    if (!isSameWanted(wanted, link.told ?? NOTHING_WANTED)) follow();
  }

  /** A sign of life says of everything that is told: as before. */
  function lives(): void {
    const nowMs = environment.now();
    if (phase !== "live" || nowMs - lastUnchangedMs < UNCHANGED_EVERY_MS) return;
    lastUnchangedMs = nowMs;
    const unchanged = current?.told?.refs ?? [];
    listener.onDelivery({ unchanged, serverNowMs: sender.serverNowMs() });
  }

  /** A server that says when to come back serves until then. */
  function replace(link: Link, retryAfterMs: number): void {
    if (link !== current || phase !== "live" || next !== null) return;
    replacing.set(() => {
      if (link === current && next === null) openNext();
    }, retryAfterMs);
  }

  function over(link: Link, end: LinkEnd): void {
    if (link === next) {
      link.close();
      next = null; // what it was to tell anew is polled, and asked for again with the next change
      if (phase === "live" && end.why !== "ended") listener.onCover();
      return;
    }
    if (link !== current) return;
    current = null;
    if (end.why === "ended") return off();
    lost(link, end);
  }

  function lost(link: Link, { why, retryAfterMs }: LinkEnd): void {
    link.close();
    const nowMs = environment.now();
    notBeforeMs = nowMs + retryAfterMs;
    if (phase !== "live") return failed();
    const lived = nowMs - liveSinceMs;
    if (next !== null) {
      current = next;
      next = null;
    } else {
      current = null;
      const wasShaky = isShaky;
      isShaky = why === "lost" && lived < timings.provenMs;
      if (why === "silent" || (wasShaky && isShaky)) return down(lived);
    }
    phase = "opening";
    openingSinceMs = nowMs;
    failures = 0;
    if (why !== "silent") waitPatiently(retryAfterMs);
    // Whoever was cut off comes back within a second, spread: others were, too.
    if (current === null) openAfter(why === "lost" ? FIRST_SPREAD_MS * environment.random() : 0);
    listener.onCover();
  }

  /** A link that was being opened is over: the next transport, and when each has failed, again or the poll. */
  function failed(): void {
    current = null;
    at += 1;
    if (at < streams.length && notBeforeMs <= environment.now()) return openAfter(0);
    at = 0;
    failures += 1;
    const isLate = environment.now() - openingSinceMs >= timings.reopenForMs;
    if (!wasLive || phase === "down" || isLate) return down(timings.provenMs);
    openAfter(errorBackoffMs(failures, environment.random()));
  }

  /** The poll takes over for a minute, and for longer where the stream had hardly lived. */
  function down(livedMs: number): void {
    phase = "down";
    wasLive = false;
    isShaky = false;
    at = 0;
    const holdMs = withPollJitter(timings.returnAfterMs, environment.random());
    openAfter(holdMs + Math.max(0, timings.provenMs - livedMs));
    listener.onCover();
  }

  /** A server that says when to come back is not asked otherwise before: so do all whom it told. */
  function waitPatiently(retryAfterMs = 0): void {
    const patienceMs = Math.min(retryAfterMs, timings.reopenForMs) + timings.floorAfterMs;
    patience.set(() => listener.onCover(), patienceMs);
  }

  return {
    get isLive() {
      return phase === "live" || (wasLive && phase === "opening" && patience.isSet);
    },
    isRelayed: false,
    get coversList() {
      if (phase === "live" && current?.told?.active === true) return true;
      return phase !== "down" && patience.isSet && wanted.active;
    },
    covers(key) {
      if (phase === "live" && told.has(key)) return true;
      return phase !== "down" && patience.isSet && wantedKeys.has(key);
    },
    guests: () => [],
    want,
    share() {},
    wake() {
      if (current?.isSilent === true) lost(current, { why: "lost", retryAfterMs: 0 });
      else if (opening.isSet) openAfter(0);
    },
    close() {
      off();
      wanted = NOTHING_WANTED;
    },
  };
}

/** Cut off together, come back apart. */
const FIRST_SPREAD_MS = 1_000;
const UNCHANGED_EVERY_MS = 10_000;
/** A browser takes a longer timer for none. */
const MAX_TIMER_MS = 2_147_483_647;

function keysOf({ refs }: Wanted): ReadonlySet<string> {
  return new Set(refs.map(watchKey));
}

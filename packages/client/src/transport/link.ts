import type { NamedJob, StreamEvent } from "@statusplane/core/wire";
import type { Sender } from "../sender.ts";
import { createTimer } from "../timer.ts";
import type { ClientTimings } from "./client-timings.ts";
import type { Delivery, Wanted } from "./delivery.ts";
import type { OpenStreamOf, PushTransport } from "./stream.ts";

/** How a link was over. */
export interface LinkEnd {
  /** `ended`: all that it watched has. `told_to`: the server asked to come again. */
  readonly why: "ended" | "told_to" | "silent" | "lost";
  readonly retryAfterMs: number;
}

/** Who hears a link; each is told which, for the next is opened before the last is left. */
export interface LinkListener {
  onHello(link: Link): void;
  onDelivery(delivery: Delivery): void;
  /** What was asked for last has been told whole. */
  onReady(link: Link): void;
  onLife(): void;
  /** The server will close: another is to be opened now. */
  onLeave(link: Link, retryAfterMs: number): void;
  onOver(link: Link, end: LinkEnd): void;
}

export interface LinkParts {
  readonly transport: PushTransport;
  readonly openStream: OpenStreamOf;
  readonly wanted: Wanted;
  readonly sender: Sender;
  readonly timings: ClientTimings;
  readonly listener: LinkListener;
}

/**
 * One stream under watch: it says who reads it, tells what was asked for, and shows life, each in time; or it is over,
 * whatever the browser thinks of it.
 */
export interface Link {
  readonly transport: PushTransport;
  /** Who reads, as the server names it; null before it has, and where nothing may be shared. */
  reader: string | null;
  /** When the sign-in ends, Unix ms; null: never, or not known. */
  expiresAtMs: number | null;
  /** What has been told whole; null before. */
  told: Wanted | null;
  /** Whether nothing has come for too long: a machine that slept finds it so before any timer. */
  readonly isSilent: boolean;
  /** False: that needs another link. */
  watch(wanted: Wanted): boolean;
  renew(): boolean;
  close(): void;
}

export function openLink({ transport, openStream, sender, timings, listener, wanted }: LinkParts): Link {
  const { environment } = sender;
  const timer = createTimer(environment);
  let asked = wanted;
  let lastLifeMs = environment.now();
  /** Until when the next step of the handshake must be there; null: none is waited for. */
  let dueMs: number | null = lastLifeMs + timings.openMs;
  /** When the server wants its client back; null: it has not said. */
  let comeBackAtMs: number | null = null;
  let hasHello = false;
  let hasEnded = false;
  let isOver = false;

  const stream = openStream(wanted, {
    onLife() {
      lastLifeMs = environment.now();
      listener.onLife();
    },
    onEvent: take,
    onEnd: ({ retryAfterMs }) => over("lost", retryAfterMs),
  });
  const link: Link = {
    transport,
    reader: null,
    expiresAtMs: null,
    told: null,
    get isSilent() {
      return environment.now() - lastLifeMs >= timings.silentMs;
    },
    watch(next) {
      if (hasEnded || !stream.watch(next)) return false;
      asked = next;
      // An SSE that tells more than is wanted says nothing anew.
      if (transport === "sse") link.told &&= next;
      else if (hasHello) awaitFor(timings.readyMs);
      return true;
    },
    renew: () => stream.renew(),
    close() {
      isOver = true;
      timer.stop();
      stream.close();
    },
  };
  check();
  return link;

  function take(event: StreamEvent): void {
    const tell = (delivery: Omit<Delivery, "serverNowMs">): void =>
      listener.onDelivery({ ...delivery, serverNowMs: sender.serverNowMs() });
    switch (event.event) {
      case "hello":
        hasHello = true;
        link.reader = event.reader;
        link.expiresAtMs = event.expiresAt === null ? null : Date.parse(event.expiresAt);
        if (link.told === null) awaitFor(timings.readyMs);
        return listener.onHello(link);
      case "snapshot":
        return tell({ snapshots: [[event.ref, event.body]] });
      case "missing":
        return tell({ missing: event.jobs });
      case "list":
        return tell({ list: event.list });
      case "view":
      case "view_gone":
        return tell({ views: [event] });
      case "ready":
        dueMs = null;
        link.told = asked;
        return listener.onReady(link);
      case "end":
        hasEnded = transport === "sse";
        return;
      case "bye":
        comeBackAtMs = environment.now() + event.retryAfterMs;
        return listener.onLeave(link, event.retryAfterMs);
    }
  }

  function awaitFor(ms: number): void {
    dueMs = environment.now() + ms;
    check();
  }

  function check(): void {
    if (isOver) return;
    const silentAtMs = lastLifeMs + timings.silentMs;
    const atMs = Math.min(silentAtMs, dueMs ?? Number.POSITIVE_INFINITY);
    const waitMs = atMs - environment.now();
    if (waitMs <= 0) return over("silent");
    timer.set(check, waitMs);
  }

  function over(why: LinkEnd["why"], retryAfterMs = 0): void {
    if (isOver) return;
    link.close();
    if (hasEnded) listener.onOver(link, { why: "ended", retryAfterMs });
    else if (comeBackAtMs === null) listener.onOver(link, { why, retryAfterMs });
    else {
      const waitMs = Math.max(0, comeBackAtMs - environment.now());
      listener.onOver(link, { why: "told_to", retryAfterMs: waitMs });
    }
  }
}

/** Whether two wishes are the same. */
export function isSameWanted(one: Wanted, other: Wanted): boolean {
  const isSame = (ref: NamedJob, i: number): boolean =>
    ref.kind === other.refs[i]?.kind && ref.id === other.refs[i].id;
  return (
    one.active === other.active &&
    one.refs.length === other.refs.length &&
    one.refs.every(isSame) &&
    one.views.join() === other.views.join()
  );
}

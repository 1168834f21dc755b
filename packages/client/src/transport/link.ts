import type { NamedJob, StreamEvent } from "@statusplane/core/wire";
import type { Sender } from "../sender.ts";
import type { ClientTimings } from "./client-timings.ts";
import type { Delivery, Wanted } from "./delivery.ts";
import type { OpenStream, OpenStreamOf, PushTransport } from "./stream.ts";

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
  onLife(link: Link): void;
  /** The server will close: another is to be opened now. */
  onLeave(link: Link, retryAfterMs: number): void;
  onOver(link: Link, end: LinkEnd): void;
}

export interface LinkParts {
  readonly transport: PushTransport;
  readonly open: OpenStreamOf;
  readonly wanted: Wanted;
  readonly sender: Sender;
  readonly timings: ClientTimings;
  readonly listener: LinkListener;
}

/**
 * One stream under watch: it says who reads it, tells what was asked for, and shows life, each in time; or it is over,
 * whatever the browser thinks of it.
 */
export class Link {
  readonly transport: PushTransport;
  /** Who reads, as the server names it; null before it has, and where nothing may be shared. */
  reader: string | null = null;
  /** When the sign-in ends, Unix ms; null: never, or not known. */
  expiresAtMs: number | null = null;
  /** What has been told whole; null before. */
  told: Wanted | null = null;
  readonly #parts: LinkParts;
  readonly #stream: OpenStream;
  #asked: Wanted;
  #lastLifeMs: number;
  /** Until when the next step of the handshake must be there; null: none is waited for. */
  #dueMs: number | null;
  /** When the server wants its client back; null: it has not said. */
  #comeBackAtMs: number | null = null;
  #hasHello = false;
  #hasEnded = false;
  #isOver = false;
  #cancelTimer: (() => void) | null = null;

  constructor(parts: LinkParts) {
    const { transport, open, wanted, sender, timings } = parts;
    this.#parts = parts;
    this.transport = transport;
    this.#asked = wanted;
    this.#lastLifeMs = sender.environment.now();
    this.#dueMs = this.#lastLifeMs + timings.openMs;
    this.#stream = open(wanted, {
      onLife: () => this.#live(),
      onEvent: (event) => this.#take(event),
      onEnd: ({ retryAfterMs }) => this.#over("lost", retryAfterMs),
    });
    this.#check();
  }

  /** Whether nothing has come for too long: a machine that slept finds it so before any timer. */
  get isSilent(): boolean {
    const { sender, timings } = this.#parts;
    return sender.environment.now() - this.#lastLifeMs >= timings.silentMs;
  }

  /** False: that needs another link. */
  watch(wanted: Wanted): boolean {
    if (this.#hasEnded || !this.#stream.watch(wanted)) return false;
    this.#asked = wanted;
    // An SSE that tells more than is wanted says nothing anew.
    if (this.transport === "sse") this.told = this.told === null ? null : wanted;
    else if (this.#hasHello) this.#await(this.#parts.timings.readyMs);
    return true;
  }

  renew(): boolean {
    return this.#stream.renew();
  }

  close(): void {
    this.#isOver = true;
    this.#cancelTimer?.();
    this.#stream.close();
  }

  #live(): void {
    this.#lastLifeMs = this.#parts.sender.environment.now();
    this.#parts.listener.onLife(this);
  }

  #take(event: StreamEvent): void {
    const { listener, sender, timings } = this.#parts;
    const tell = (delivery: Omit<Delivery, "serverNowMs">): void =>
      listener.onDelivery({ ...delivery, serverNowMs: sender.serverNowMs() });
    switch (event.event) {
      case "hello":
        this.#hasHello = true;
        this.reader = event.reader;
        this.expiresAtMs = event.expiresAt === null ? null : Date.parse(event.expiresAt);
        if (this.told === null) this.#await(timings.readyMs);
        return listener.onHello(this);
      case "snapshot":
        return tell({ snapshots: [[event.ref, event.body]] });
      case "missing":
        return tell({ missing: event.jobs });
      case "list":
        return tell({ list: event.list });
      case "ready":
        this.#dueMs = null;
        this.told = this.#asked;
        return listener.onReady(this);
      case "end":
        this.#hasEnded = this.transport === "sse";
        return;
      case "bye":
        this.#comeBackAtMs = sender.environment.now() + event.retryAfterMs;
        return listener.onLeave(this, event.retryAfterMs);
    }
  }

  #await(ms: number): void {
    this.#dueMs = this.#parts.sender.environment.now() + ms;
    this.#check();
  }

  #check(): void {
    this.#cancelTimer?.();
    if (this.#isOver) return;
    const { sender, timings } = this.#parts;
    const silentAtMs = this.#lastLifeMs + timings.silentMs;
    const atMs = Math.min(silentAtMs, this.#dueMs ?? Number.POSITIVE_INFINITY);
    const waitMs = atMs - sender.environment.now();
    if (waitMs <= 0) return this.#over("silent");
    this.#cancelTimer = sender.environment.setTimer(() => this.#check(), waitMs);
  }

  #over(why: LinkEnd["why"], retryAfterMs = 0): void {
    if (this.#isOver) return;
    this.close();
    const { listener, sender } = this.#parts;
    if (this.#hasEnded) listener.onOver(this, { why: "ended", retryAfterMs });
    else if (this.#comeBackAtMs === null) listener.onOver(this, { why, retryAfterMs });
    else {
      const waitMs = Math.max(0, this.#comeBackAtMs - sender.environment.now());
      listener.onOver(this, { why: "told_to", retryAfterMs: waitMs });
    }
  }
}

/** Whether two lists of jobs and the wish for the live list are the same. */
export function isSameWanted(one: Wanted, other: Wanted): boolean {
  const isSame = (ref: NamedJob, i: number): boolean =>
    ref.kind === other.refs[i]?.kind && ref.id === other.refs[i].id;
  return one.active === other.active && one.refs.length === other.refs.length && one.refs.every(isSame);
}

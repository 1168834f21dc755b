import type { Timings } from "@statusplane/core";
import type { ByeReason } from "@statusplane/core/wire";
import type { Identity } from "../auth/index.ts";
import type { Channel, Ending } from "./channel.ts";
import type { Place } from "./places.ts";
import type { StreamClosing } from "./stream-counts.ts";
import type { Viewer } from "./viewer.ts";

/** Each stream lives up to this part less than its greatest age, at random, so that they never end together. */
const AGE_SPREAD = 0.1;
/** Whether a reader takes what is written is looked at so many times before it is too slow. */
const LOOKS_AT_READER = 10;
/** A client that was told to open the next goes on here so long, ms: it leaves when the next one is ready. */
const GRACE_MS = 10_000;
/** A connection that was ended in order is gone after this, whether its client answers or not, ms. */
const END_WITHIN_MS = 1_000;

export type StreamTimings = Pick<
  Timings,
  "beatMs" | "quietMs" | "slowMs" | "socketAgeMs" | "eventsAgeMs" | "firstMessageMs" | "rereadMs"
>;

/** What a stream is made of. */
export interface StreamParts {
  readonly channel: Channel;
  readonly viewer: Viewer;
  readonly identity: Identity;
  readonly place: Place;
}

export interface StreamSettings {
  readonly timings: StreamTimings;
  /** In [0, 1). */
  readonly random: () => number;
  /** Names a reader; null: nothing is shared with others of the same name. */
  readonly readerOf: (identity: Identity) => string | null;
  /** A client was told to go. */
  readonly onBye: (stream: Stream) => void;
}

/** How a stream that is told to go is closed. */
interface Leave {
  readonly retryAfterMs: number;
  /** It is served so long yet, ms. */
  readonly graceMs: number;
}

const ENDINGS: Readonly<Record<ByeReason, Ending>> = {
  expired: "unauthenticated",
  leaving: "leaving",
  age: "age",
  slow: "quiet",
  quiet: "quiet",
};

/**
 * The life of one connection.
 *
 * ```
 *   open ── old, or the process leaves: bye ──▶ served on ── grace ──▶ ending ── answered, or 1 s ──▶ gone
 *     │                                                                   ▲
 *     ├── its token ends, its client is quiet: bye ───────────────────────┘
 *     └── its reader is slow, or has gone ──────────────────────────────────────────────────────────▶ gone
 * ```
 */
export class Stream {
  readonly channel: Channel;
  readonly viewer: Viewer;
  /** Whose it was when it began. */
  readonly opener: Identity;
  readonly #place: Place;
  readonly #settings: StreamSettings;
  readonly #oldAtMs: number;
  #identity: Identity;
  #endsAtMs: number;
  #heardMs: number;
  #beatAtMs: number;
  /** Nothing is due before; what ends by the wall's clock is looked at each time. */
  #nextLookMs = 0;
  /** Since when something has been waiting for its reader. */
  #waitingSinceMs: number | null = null;
  /** What it was told, and when it is closed for that. */
  #leaving: { readonly ending: Ending; readonly atMs: number } | null = null;
  #endedAtMs: number | null = null;
  /** Why it is closed; null: it is not, or its reader went. */
  closing: StreamClosing | null = null;

  constructor({ channel, viewer, identity, place }: StreamParts, settings: StreamSettings) {
    this.channel = channel;
    this.viewer = viewer;
    if (channel.transport === "sse") viewer.onEnd = () => this.end("ended"); // it cannot watch anything else
    this.opener = identity;
    this.#place = place;
    this.#settings = settings;
    const { timings, random } = settings;
    const nowMs = wholeMs();
    const ageMs = channel.transport === "sse" ? timings.eventsAgeMs : timings.socketAgeMs;
    this.#oldAtMs = Math.round(nowMs + ageMs * (1 - AGE_SPREAD * random()));
    this.#heardMs = nowMs;
    this.#beatAtMs = Math.round(nowMs + timings.beatMs * (1 - random() / 2)); // many that came at once beat one after another
    this.#identity = identity;
    this.#endsAtMs = servedUntil(identity);
  }

  get identity(): Identity {
    return this.#identity;
  }

  /** Says first of all whose it is. */
  greet(): void {
    const reader = this.#settings.readerOf(this.#identity);
    const expiresAt = Number.isFinite(this.#endsAtMs) ? new Date(this.#endsAtMs).toISOString() : null;
    this.channel.write(this.channel.eventBytes("hello", { reader, expires_at: expiresAt }));
  }

  /** Goes on with a renewed sign-in of the same reader. @throws {too_many_streams} */
  renew(identity: Identity): void {
    this.#place.signIn(identity);
    this.#identity = identity;
    this.#endsAtMs = servedUntil(identity);
    this.greet();
  }

  /** Its client has shown life. */
  heard(): void {
    this.#heardMs = wholeMs();
  }

  /** Everything written has been taken. */
  drained(): void {
    this.#waitingSinceMs = null;
  }

  /** Does what is due. Of thousands that are looked at four times a second next to none has anything due. */
  look(nowMs: number, unixMs: number): void {
    if (nowMs < this.#nextLookMs && unixMs < this.#endsAtMs) return;
    this.#act(nowMs, unixMs);
    const isStaying = this.#leaving === null && this.#endedAtMs === null;
    this.#nextLookMs = isStaying ? this.#nextDueMs(nowMs) : 0;
  }

  #act(nowMs: number, unixMs: number): void {
    if (this.#endedAtMs !== null) {
      if (nowMs - this.#endedAtMs >= END_WITHIN_MS) this.channel.destroy();
      return;
    }
    const { timings } = this.#settings;
    if (unixMs >= this.#endsAtMs) return this.#byeNow("expired");
    if (this.#leaving !== null && nowMs >= this.#leaving.atMs) return this.end(this.#leaving.ending);
    if (this.#hasWaited(nowMs, timings.slowMs)) return this.#drop("slow");
    if (this.channel.transport === "websocket" && nowMs - this.#heardMs >= timings.quietMs) {
      return this.#byeNow("quiet");
    }
    if (nowMs >= this.#oldAtMs) this.bye("age", { retryAfterMs: 0, graceMs: GRACE_MS });
    if (nowMs >= this.#beatAtMs) this.#beat(nowMs);
  }

  #nextDueMs(nowMs: number): number {
    const { slowMs, quietMs } = this.#settings.timings;
    const readerMs = nowMs + slowMs / LOOKS_AT_READER;
    const quietAtMs = this.channel.transport === "websocket" ? this.#heardMs + quietMs : Infinity;
    return Math.round(Math.min(readerMs, quietAtMs, this.#oldAtMs, this.#beatAtMs));
  }

  /** What was written lately shows as much as a beat; only a WebSocket's asks for an answer. */
  #beat(nowMs: number): void {
    const { timings, random } = this.#settings;
    const { beatMs } = timings;
    const { wroteAtMs } = this.viewer;
    if (this.channel.transport === "sse" && nowMs - wroteAtMs < beatMs / 2) {
      this.#beatAtMs = Math.round(wroteAtMs + beatMs * (1 - random() / 2)); // what all were told at once is followed by no beat to all at once
      return;
    }
    this.#beatAtMs = Math.round(nowMs + beatMs);
    if (this.channel.hasRoom()) this.channel.beat();
  }

  /** Tells the client to come back, and serves it until then. What it was told first counts. */
  bye(reason: ByeReason, { retryAfterMs, graceMs }: Leave): void {
    if (this.#leaving !== null || this.#endedAtMs !== null) return;
    this.#leaving = { ending: ENDINGS[reason], atMs: performance.now() + graceMs };
    this.#nextLookMs = 0;
    this.channel.write(this.channel.eventBytes("bye", { reason, retry_after_ms: Math.round(retryAfterMs) }));
    this.#settings.onBye(this);
  }

  /** Ends it in order. */
  end(ending: Ending): void {
    if (this.#endedAtMs !== null) return;
    this.#endedAtMs = performance.now();
    this.#nextLookMs = 0;
    this.closing = ending;
    this.channel.end(ending);
  }

  /** It is over: nothing of it stays. */
  close(): void {
    this.#place.release();
    void this.viewer.close();
  }

  #byeNow(reason: ByeReason): void {
    this.#leaving = null; // what it was told before was not the last word
    this.bye(reason, { retryAfterMs: 0, graceMs: 0 });
    this.end(ENDINGS[reason]);
  }

  /** Whether what was written has not been taken for so long. */
  #hasWaited(nowMs: number, slowMs: number): boolean {
    if (this.channel.waitingBytes() === 0) this.#waitingSinceMs = null;
    else this.#waitingSinceMs ??= nowMs;
    return this.#waitingSinceMs !== null && nowMs - this.#waitingSinceMs >= slowMs;
  }

  #drop(closing: StreamClosing): void {
    this.closing = closing;
    this.#endedAtMs = performance.now();
    this.channel.destroy();
  }
}

/** Monotonic time as an object holds it best: whole numbers lie in it, others beside it, 16 bytes each. */
function wholeMs(): number {
  return Math.round(performance.now());
}

/** Until when what is open by a sign-in goes on, Unix ms. A token within its skew alone is as good as ended: it has what is left of that. */
export function servedUntil({ endsAtMs, expiresAtMs }: Identity): number {
  return endsAtMs > Date.now() ? endsAtMs : expiresAtMs;
}

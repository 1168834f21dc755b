import { StatusplaneError, type StatusFeed, type StatusReader } from "@statusplane/core";
import type { FastifyBaseLogger } from "fastify";
import { createHmac } from "node:crypto";
import type { Identity } from "../auth/index.ts";
import type { JobUrls } from "../job-urls.ts";
import { Frames } from "./framed-snapshot.ts";
import { LiveLists } from "./live-lists.ts";
import { LiveViews, type LiveViewsOptions } from "./live-views.ts";
import { Places, type Place, type StreamRates } from "./places.ts";
import { Readers } from "./readers.ts";
import type { StreamCounts } from "./stream-counts.ts";
import { Stream, type StreamParts, type StreamSettings, type StreamTimings } from "./stream.ts";
import { Turns } from "./turns.ts";
import { Viewer, type ViewerOptions } from "./viewer.ts";

/** What streams are given: of storage a reader, feeds and views, nothing else. */
export interface StreamsOptions {
  readonly feed: StatusFeed;
  readonly reader: Pick<StatusReader, "readMany" | "readUnready">;
  /** What was watched, and where it is heard of; null: views are not told. */
  readonly views: Pick<LiveViewsOptions, "feed" | "views"> | null;
  /** Job types whose workers may be missing. */
  readonly jobTypes: readonly string[];
  readonly urls: JobUrls;
  readonly timings: StreamTimings;
  readonly rates: StreamRates;
  readonly counts: StreamCounts;
  readonly log: Pick<FastifyBaseLogger, "warn">;
  /** Names readers without telling who they are; null: they have no names. */
  readonly readersKey: Uint8Array | null;
  /** Leaving, clients are told to come back within this, and are gone after it, ms. */
  readonly drainMs: number;
  /** In [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/** What is due is looked for so often, ms. */
const LOOK_EVERY_MS = 250;
/** Writing gives way to requests after so long, ms. */
const WRITE_FOR_MS = 8;
/** The clock is asked after so many connections: what is written to one takes some 20 µs. */
const CLOCK_EVERY = 16;
/** So many streams begin in one turn of the event loop; requests that came meanwhile go first. */
const BEGIN_AT_ONCE = 8;
/** Leaving, clients come back within this part of the time: the rest is for those that were told last. */
const SPREAD = 0.7;
/** Where there is no time to leave in, they come back within this, ms: a restart. */
const COME_BACK_MS = 2_000;
/** A client that is told when to come back is served so long beyond, ms: no gap. */
const OVERLAP_MS = 2_000;
const READER_CHARACTERS = 22;

/** All streams of one mount. */
export class Streams {
  readonly counts: StreamCounts;
  readonly settings: StreamSettings;
  readonly #options: StreamsOptions;
  readonly #places: Places;
  /** The same for all. */
  readonly #viewing: ViewerOptions;
  readonly #readers = new Readers();
  readonly #open = new Set<Stream>();
  readonly #unsent = new Set<Viewer>();
  /** Those whose connection had no room for all of it: told when it has, and looked at again. */
  readonly #held = new Set<Viewer>();
  readonly #whenLeaving = new Set<() => void>();
  readonly #turns = new Turns(BEGIN_AT_ONCE);
  #isWriting = false;
  #isLeaving = false;
  #timer: NodeJS.Timeout | undefined;
  #onEmpty = (): void => undefined;

  constructor(options: StreamsOptions) {
    const { feed, reader, jobTypes, log, urls, timings, readersKey } = options;
    this.#options = options;
    this.counts = options.counts;
    this.#places = new Places(options.rates, () => (this.counts.refused += 1));
    this.#viewing = {
      ...{ feed, counts: options.counts },
      frames: new Frames(urls),
      lists: new LiveLists({ feed, reader, jobTypes, log, rereadMs: timings.rereadMs }),
      views: options.views === null ? null : new LiveViews({ ...options.views, reader, log }),
      onUnsent: (viewer) => this.#writeSoon(viewer),
    };
    this.settings = {
      timings,
      random: options.random ?? Math.random,
      readerOf: (identity) => (readersKey === null ? null : nameOf(identity, readersKey)),
      onBye: (stream) => this.#readers.told(stream.opener),
    };
  }

  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** @throws {too_many_streams} for an address that has as many as it may. */
  place(ip: string): Place {
    return this.#places.take(ip);
  }

  /** @throws {leaving} */
  assertStaying(): void {
    if (this.#isLeaving) throw new StatusplaneError("leaving");
  }

  /** Resolves when a stream may begin: thousands come at once after a restart, and polls are answered between them. */
  turn(): Promise<void> {
    return this.#turns.next();
  }

  /** What one connection watches. */
  viewer(): Viewer {
    return new Viewer(this.#viewing);
  }

  /** Has a stream live from now on; its channel's events are its own to tell. */
  open(parts: StreamParts): Stream {
    const stream = new Stream(parts, this.settings);
    const { transport } = stream.channel;
    if (this.#open.size === 0) this.#startLooking();
    this.#open.add(stream);
    this.counts.open[transport] += 1;
    this.counts.opened[transport][this.#readers.opened(stream.opener)] += 1;
    stream.greet();
    stream.viewer.attach(stream.channel);
    if (this.#isLeaving) this.#sendAway(stream);
    return stream;
  }

  /** A stream's connection is gone. */
  gone(stream: Stream): void {
    if (!this.#open.delete(stream)) return;
    const { transport } = stream.channel;
    this.counts.open[transport] -= 1;
    this.counts.closed[transport][stream.closing ?? "gone"] += 1;
    this.#readers.closed(stream.opener);
    this.#unsent.delete(stream.viewer);
    this.#held.delete(stream.viewer);
    stream.close();
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#onEmpty();
  }

  /** A stream's connection has room again. */
  drained(stream: Stream): void {
    stream.drained();
    this.#writeSoon(stream.viewer);
  }

  /** Calls back when the process leaves. @returns how to stop that. */
  onLeaving(listener: () => void): () => void {
    this.#whenLeaving.add(listener);
    return () => this.#whenLeaving.delete(listener);
  }

  /** Tells everybody to come back elsewhere, each at a time of its own. */
  leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    for (const listener of [...this.#whenLeaving]) listener();
    for (const stream of this.#open) this.#sendAway(stream);
  }

  /** Ends what is still open; resolves when it is gone. */
  async close(): Promise<void> {
    this.leave();
    for (const stream of this.#open) stream.end("leaving");
    if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
  }

  #sendAway(stream: Stream): void {
    const { drainMs } = this.#options;
    const { random } = this.settings;
    const retryAfterMs = random() * (drainMs === 0 ? COME_BACK_MS : drainMs * SPREAD);
    stream.bye("leaving", { retryAfterMs, graceMs: Math.min(drainMs, retryAfterMs + OVERLAP_MS) });
  }

  #startLooking(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      const [nowMs, unixMs] = [performance.now(), Date.now()];
      for (const stream of this.#open) stream.look(nowMs, unixMs);
      for (const viewer of this.#held) this.#writeSoon(viewer);
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Whatever is told in one turn is written after it, at once for all: each gets the latest. */
  #writeSoon(viewer: Viewer): void {
    this.#held.delete(viewer);
    this.#unsent.add(viewer);
    if (this.#isWriting) return;
    this.#isWriting = true;
    setImmediate(() => this.#write());
  }

  #write(): void {
    const nowMs = Math.round(performance.now());
    this.counts.nowMs = Date.now();
    let written = 0;
    for (const viewer of this.#unsent) {
      this.#unsent.delete(viewer);
      viewer.flush(nowMs);
      if (viewer.hasUnsent) this.#held.add(viewer);
      written += 1;
      if (written % CLOCK_EVERY === 0 && performance.now() - nowMs >= WRITE_FOR_MS) break;
    }
    this.#isWriting = this.#unsent.size > 0;
    if (this.#isWriting) setImmediate(() => this.#write()); // requests that came meanwhile go first
  }
}

/** The same for all sign-ins of one reader; a watch token's reader has none. */
function nameOf(identity: Identity, key: Uint8Array): string | null {
  if (identity.kind === "watcher") return null;
  const { tenant, subject } = identity;
  const mac = createHmac("sha256", key)
    .update(JSON.stringify([tenant, subject]))
    .digest("base64url");
  return `k${mac.slice(0, READER_CHARACTERS)}`;
}

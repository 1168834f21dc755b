import { errorBackoffMs } from "@statusplane/core";
import type { StreamEvent } from "@statusplane/core/wire";
import { Connection } from "./connection.ts";
import type { Counts } from "./counts.ts";
import type { CrowdOrder, Watched } from "./crowd-words.ts";
import { openStream, type CrowdStream, type StreamOrder } from "./stream.ts";
import { ACTIVE_LIST, ASK_SPREAD_MS, hasEnded, MISSED_FOR_MS } from "./watcher.ts";

/** Cut off together, come back apart, as the client does. */
const COME_BACK_WITHIN_MS = 1_000;

export interface StreamWatcherOptions {
  readonly order: CrowdOrder;
  readonly way: StreamOrder["way"];
  /** Which of the processes it begins with. */
  readonly at: number;
  readonly watched: Watched;
  readonly counts: Counts;
}

/**
 * One person's page that is told by a stream, and opens it again as the client does: the next beside the last where the
 * server says when to come back, within a second where it was cut off, and with backoff where nobody answers.
 */
export class StreamWatcher {
  readonly #options: StreamWatcherOptions;
  #at: number;
  #connection: Connection | null = null;
  #current: CrowdStream | null = null;
  #next: CrowdStream | null = null;
  #isTold = false;
  #wasOpen = false;
  #isAsking: boolean;
  #firstAskMs = 0;
  #hasSeen = false;
  #isDone = false;
  #failures = 0;
  #askTimer: NodeJS.Timeout | undefined;
  #isReading = false;
  #timer: NodeJS.Timeout | undefined;
  #resolve: () => void = () => undefined;

  constructor(options: StreamWatcherOptions) {
    this.#options = options;
    this.#at = options.at;
    this.#isAsking = options.order.pollFrom === "open";
  }

  /** It asks for its job after this, ms, if it has not. */
  pollIn(delayMs: number): void {
    if (!this.#isAsking) setTimeout(() => this.#begin(), delayMs);
  }

  stop(): void {
    this.#isDone = true;
    this.#close();
    this.#resolve();
  }

  /** Resolves when it has seen the end, or was stopped. */
  run(): Promise<void> {
    const { order } = this.#options;
    this.#timer = setTimeout(() => void this.#openPage(), Math.random() * order.openWithinMs);
    return new Promise((resolve) => (this.#resolve = resolve));
  }

  /**
   * A page that may ask for a record has a connection beside its stream, and asks for the active list first. Who does not
   * ask yet has a socket already, and no SSE, which names its jobs when it is opened.
   */
  async #openPage(): Promise<void> {
    const { way, order, counts } = this.#options;
    if (order.until === "end") {
      this.#connection = new Connection(this.#url, order.token);
      await this.#connection.get(ACTIVE_LIST, null);
    }
    if (this.#isAsking) return this.#begin();
    if (way === "websocket") return this.#open();
    counts.open += 1;
  }

  #begin(): void {
    this.#isAsking = true;
    this.#firstAskMs = performance.now();
    if (this.#current === null) this.#open();
    else this.#current.watch(this.#options.watched.jobs);
  }

  get #url(): string {
    const { urls } = this.#options.order;
    return urls[this.#at % urls.length] ?? "";
  }

  #open(): void {
    if (this.#isDone) return;
    const { way, watched, order } = this.#options;
    const jobs = this.#isAsking ? watched.jobs : [];
    const stream = openStream(
      { way, url: this.#url, token: order.token, jobs },
      {
        onEvent: (event) => this.#hear(stream, event),
        onGone: (status, retryAfterMs) => this.#gone(stream, status, retryAfterMs),
      },
    );
    if (this.#current === null) this.#current = stream;
    else this.#next = stream;
  }

  #hear(stream: CrowdStream, event: StreamEvent): void {
    const { way, order, counts } = this.#options;
    switch (event.event) {
      case "snapshot":
        counts.told(`${way} snapshot`);
        this.#hasSeen = true;
        if (order.until === "end" && hasEnded(JSON.stringify(event.body))) this.#seeEnd();
        return;
      case "missing":
        counts.told(`${way} missing`);
        if (order.until === "end") this.#askIn(this.#hasSeen ? MISSED_FOR_MS : 0);
        return;
      case "ready":
        return this.#ready(stream);
      case "bye":
        counts.told(`${way} bye ${event.reason}`);
        this.#at += 1;
        this.#timer = setTimeout(() => this.#open(), event.retryAfterMs);
    }
  }

  #ready(stream: CrowdStream): void {
    const { counts } = this.#options;
    if (stream === this.#next) {
      this.#current?.close();
      this.#current = stream;
      this.#next = null;
      counts.returned();
    } else if (!this.#isTold && this.#wasOpen) counts.returned();
    if (!this.#wasOpen) counts.open += 1;
    if (!this.#isTold) counts.streams += 1;
    this.#isTold = this.#wasOpen = true;
    this.#failures = 0;
  }

  #gone(stream: CrowdStream, status: number, retryAfterMs: number): void {
    const { way, counts } = this.#options;
    if (stream === this.#next) {
      this.#next = null;
      counts.told(`${way} refused ${status}`);
      this.#timer = setTimeout(() => this.#open(), this.#backoffMs(retryAfterMs));
      return;
    }
    this.#current = this.#next;
    this.#next = null;
    if (this.#isTold) counts.streams -= 1;
    counts.told(this.#isTold ? `${way} cut` : `${way} refused ${status}`);
    const waitMs = this.#isTold ? Math.random() * COME_BACK_WITHIN_MS : this.#backoffMs(retryAfterMs);
    this.#isTold = false;
    this.#at += 1;
    clearTimeout(this.#timer);
    if (this.#current === null) this.#timer = setTimeout(() => this.#open(), waitMs);
  }

  #backoffMs(retryAfterMs: number): number {
    this.#failures += 1;
    return Math.max(retryAfterMs, errorBackoffMs(this.#failures, Math.random()));
  }

  #askIn(afterMs: number): void {
    if (this.#askTimer !== undefined || this.#isReading) return;
    this.#options.counts.asking += 1;
    this.#askTimer = setTimeout(() => void this.#askForRecord(), afterMs + Math.random() * ASK_SPREAD_MS);
  }

  async #askForRecord(): Promise<void> {
    const { watched, counts } = this.#options;
    this.#askTimer = undefined;
    if (this.#connection === null) return;
    this.#isReading = true;
    const sentAtMs = performance.now();
    counts.detailAsked();
    const { status, retryAfter, text } = await this.#connection.get(watched.detailPath, null);
    counts.asking -= 1;
    this.#isReading = false;
    const wasCutByUs = this.#isDone && status === 0; // its stream told the end meanwhile
    if (!wasCutByUs) counts.answered(`detail ${status}`, performance.now() - sentAtMs);
    if (this.#isDone) return;
    if (status === 200 && hasEnded(text)) this.#seeEnd();
    else if (status !== 200) this.#askIn((retryAfter ?? 1) * 1_000);
  }

  #seeEnd(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#options.counts.saw(performance.now() - this.#firstAskMs);
    this.#close();
    this.#resolve();
  }

  #close(): void {
    const { counts } = this.#options;
    clearTimeout(this.#timer);
    if (this.#askTimer !== undefined) counts.asking -= 1;
    clearTimeout(this.#askTimer);
    this.#askTimer = undefined;
    if (this.#isTold) counts.streams -= 1;
    this.#isTold = false;
    this.#current?.close();
    this.#next?.close();
    this.#connection?.close();
  }
}

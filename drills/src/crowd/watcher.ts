import { isStatus, isTerminal } from "@statusplane/core";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection, type Answer } from "./connection.ts";
import type { Counts } from "./counts.ts";
import type { CrowdOrder, Watched } from "./crowd-words.ts";

/** As the client does: watchers of one job do not all ask in one tick. */
export const ASK_SPREAD_MS = 2_000;
/** Who saw the job live asks no earlier: what has it will write it again. */
export const MISSED_FOR_MS = 30_000;
const DEFAULT_RETRY_SECONDS = 1;
export const ACTIVE_LIST = "/api/v1/progress/?active=1";
const NEVER_MS = 2 ** 31 - 1;
const STATUS = /"status":"([A-Z]+)"/;

export interface WatcherOptions {
  readonly order: CrowdOrder;
  readonly url: string;
  readonly watched: Watched;
  readonly counts: Counts;
}

/**
 * One person's page on one job.
 *
 * ```
 * opens ─▶ polls
 * polls ─200, live, 304─▶ polls        ─404─▶ polls, and asks for the record after 0–2 s
 *   └─200, ended─▶ asks for the record once, after 0–2 s, if it has not yet ─▶ done
 * ```
 */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #connection: Connection;
  #etag: string | null = null;
  #isDone = false;
  #isStopped = false;
  /** When the record is asked for; null: nothing asks for it. */
  #askAtMs: number | null = null;
  #hasRecord = false;
  #hasSeen = false;
  #firstAskMs: number | null = null;
  #wake = new AbortController();

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#connection = new Connection(options.url, options.order.token);
  }

  /** The next poll comes after this, ms, instead of when its time comes. */
  pollIn(delayMs: number): void {
    setTimeout(() => this.#wake.abort(), delayMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake.abort();
  }

  /** Resolves when it has seen the end, or was stopped. */
  async run(): Promise<void> {
    await this.#open();
    while (!this.#isDone && !this.#isStopped) {
      const waitMs = this.#waitAfter(await this.#ask("poll"));
      await this.#askWhatIsDue(performance.now() + waitMs);
    }
    this.#connection.close();
  }

  /** A page asks for the tenant's active list first. */
  async #open(): Promise<void> {
    const { order, counts } = this.#options;
    const { openWithinMs, pollFrom } = order;
    await this.#pause(Math.random() * openWithinMs);
    let isOpen = false;
    while (!isOpen && !this.#isStopped) {
      isOpen = (await this.#connection.get(ACTIVE_LIST, null)).status === 200;
      if (!isOpen) await this.#pause(Math.random() * openWithinMs);
    }
    counts.open += 1;
    if (pollFrom === "told") await this.#pause(NEVER_MS);
  }

  /** @returns the wait before the next poll, ms. */
  #waitAfter({ status, etag, retryAfter, text }: Answer): number {
    const { order } = this.#options;
    if (status === 200) {
      this.#etag = etag;
      this.#hasSeen = true;
      if (order.until === "end" && hasEnded(text)) this.#seeEnd();
    } else if (status === 404 && order.until === "end" && !this.#hasRecord) {
      this.#wantRecord();
    } else if (status === 503 || status === 429) {
      return Math.max(randomIn(order.everyMs), (retryAfter ?? DEFAULT_RETRY_SECONDS) * 1_000);
    }
    return randomIn(order.everyMs);
  }

  #seeEnd(): void {
    this.#isDone = true;
    this.#options.counts.saw(performance.now() - (this.#firstAskMs ?? performance.now()));
    if (!this.#hasRecord) this.#wantRecord();
  }

  #wantRecord(): void {
    if (this.#askAtMs !== null) return;
    const missedForMs = this.#hasSeen && !this.#isDone ? MISSED_FOR_MS : 0;
    this.#askAtMs = performance.now() + missedForMs + Math.random() * ASK_SPREAD_MS;
    this.#options.counts.asking += 1;
  }

  /** Waits until then, and on the way asks for the record if that is due; who is done waits for nothing else. */
  async #askWhatIsDue(untilMs: number): Promise<void> {
    const askAtMs = this.#askAtMs;
    if (askAtMs !== null && (this.#isDone || askAtMs < untilMs)) {
      await this.#pause(askAtMs - performance.now());
      if (this.#isStopped) return;
      await this.#askForRecord();
    }
    if (!this.#isDone) await this.#pause(untilMs - performance.now());
  }

  async #askForRecord(): Promise<void> {
    const { counts } = this.#options;
    this.#askAtMs = null;
    counts.detailAsked();
    const { status, retryAfter, text } = await this.#ask("detail");
    counts.asking -= 1;
    if (status === 200) {
      this.#hasRecord = true;
      if (!this.#isDone && hasEnded(text)) this.#seeEnd();
    } else if (!this.#isDone) {
      this.#wantRecord();
      this.#askAtMs =
        performance.now() + (retryAfter ?? DEFAULT_RETRY_SECONDS) * 1_000 + Math.random() * ASK_SPREAD_MS;
    }
  }

  async #ask(what: "poll" | "detail"): Promise<Answer> {
    const { watched, counts } = this.#options;
    const sentAtMs = performance.now();
    this.#firstAskMs ??= sentAtMs;
    const answer =
      what === "poll"
        ? await this.#connection.get(watched.progressPath, this.#etag)
        : await this.#connection.get(watched.detailPath, null);
    const undeclared = answer.status === 503 && answer.retryAfter === null ? " without Retry-After" : "";
    counts.answered(`${what} ${answer.status}${undeclared}`, performance.now() - sentAtMs);
    return answer;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#isStopped) return;
    this.#wake = new AbortController();
    await sleep(Math.max(0, ms), undefined, { signal: this.#wake.signal }).catch(() => undefined); // woken or stopped
  }
}

function randomIn([leastMs, mostMs]: CrowdOrder["everyMs"]): number {
  return leastMs + Math.random() * (mostMs - leastMs);
}

export function hasEnded(text: string): boolean {
  const status = STATUS.exec(text)?.[1];
  return isStatus(status) && isTerminal(status);
}

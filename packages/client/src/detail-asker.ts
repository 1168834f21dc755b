import { errorBackoffMs } from "@statusplane/core";
import { ASK_SPREAD_MS, NOTHING_TO_ASK, reduceAsk, type AskEvent, type AskState } from "./asking-state.ts";
import { ClientError } from "./client-error.ts";
import { isNoSuchJob, isNotServed, type DetailSource } from "./detail-source.ts";
import { readBody, type Reading } from "./reading.ts";
import type { Sender } from "./sender.ts";
import type { Occurrence, WatchTable } from "./watch-table.ts";
import type { WatchState } from "./watch-state.ts";
import { isEnded, unknownJob, watchKey, type WatchedJob, type WatchRef } from "./watched-job.ts";

/** What a {@link DetailAsker} works with. */
export interface DetailAskerParts {
  readonly table: WatchTable;
  readonly sender: Sender;
  readonly source: DetailSource;
  /** Is told a record that has ended: whoever wants it after completion has it without another request. */
  readonly onEndedRecord: (job: WatchedJob, record: unknown) => void;
}

/**
 * Asks the record of jobs that the status store does not know, when the state machine says so: one timer, one request
 * at a time. 404 means gone, "not served here" that there is nobody to ask; any other failure is no answer.
 */
export class DetailAsker {
  readonly #table: WatchTable;
  readonly #sender: Sender;
  readonly #source: DetailSource;
  readonly #onEndedRecord: DetailAskerParts["onEndedRecord"];
  readonly #asks = new Map<string, AskState>();
  #cancelTimer: (() => void) | null = null;
  #isAsking = false;
  #isClosed = false;

  constructor({ table, sender, source, onEndedRecord }: DetailAskerParts) {
    this.#table = table;
    this.#sender = sender;
    this.#source = source;
    this.#onEndedRecord = onEndedRecord;
  }

  /** Takes what has happened to jobs, and sets the timer to the most urgent ask. */
  follow(occurrences: readonly Occurrence[]): void {
    for (const [ref, event] of occurrences) this.#note(ref, event);
    this.#settle();
  }

  #note(ref: WatchRef, event: AskEvent): void {
    const [key, state] = [watchKey(ref), this.#table.state(ref)];
    if (state === undefined) return;
    const random = this.#sender.environment.random();
    const ask = reduceAsk(this.#asks.get(key) ?? NOTHING_TO_ASK, state, event, random);
    if (ask === NOTHING_TO_ASK) this.#asks.delete(key);
    else this.#asks.set(key, ask);
  }

  #mostUrgent(): (WatchState & { readonly askAtMs: number }) | undefined {
    return this.#table
      .polled()
      .flatMap((state) => {
        const askAtMs = this.#asks.get(watchKey(state.job.ref))?.askAtMs ?? null;
        return askAtMs === null ? [] : [{ ...state, askAtMs }];
      })
      .sort((a, b) => a.askAtMs - b.askAtMs)[0];
  }

  #settle(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const next = this.#mostUrgent();
    if (next === undefined || this.#isAsking || this.#isClosed) return;
    const { environment } = this.#sender;
    this.#cancelTimer = environment.setTimer(
      () => {
        this.#cancelTimer = null;
        void this.#ask(next.job.ref); // never rejects
      },
      Math.max(0, next.askAtMs - environment.now()),
    );
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  async #ask(ref: WatchRef): Promise<void> {
    this.#isAsking = true;
    this.#note(ref, { type: "asking" });
    try {
      const body = await this.#source.ask(this.#table.state(ref)?.job ?? unknownJob(ref));
      const reading = this.#read(ref, body);
      const atMs = this.#sender.environment.now();
      if (isEnded(reading.job)) this.#onEndedRecord(reading.job, body);
      this.#table.apply([[ref, { type: "found", reading, atMs, once: this.#source.isOwn }]]);
    } catch (error) {
      if (!this.#isClosed) this.#failed(ref, error);
    }
    this.#isAsking = false;
    this.#settle();
  }

  /**
   * What the application itself tells of a job knows neither the server's rows nor, mostly, its attempts: it then
   * speaks of the attempt that was seen.
   */
  #read(ref: WatchRef, body: unknown): Reading {
    const reading = readBody(ref, body, this.#sender.language);
    if (reading.job.unknownStatus === "") throw this.#sender.failure("unexpected_answer");
    if (!this.#source.isOwn) return reading;
    const { seen = null, job = unknownJob(ref) } = this.#table.state(ref) ?? {};
    const attempt = reading.job.attempt === 0 ? job.attempt : reading.job.attempt;
    return { ...reading, job: { ...reading.job, attempt, hasRecord: seen !== null && job.hasRecord } };
  }

  #failed(ref: WatchRef, error: unknown): void {
    const { environment } = this.#sender;
    if (isNoSuchJob(error)) return this.#table.apply([[ref, { type: "not_found" }]]);
    if (isNotServed(error)) return this.#table.apply([[ref, { type: "unserved", atMs: environment.now() }]]);
    // Not told here: the poll that goes on tells of a server that is away.
    const retryAfterMs = error instanceof ClientError ? (error.retryAfterMs ?? 0) : 0;
    const unanswered = (this.#asks.get(watchKey(ref))?.unanswered ?? 0) + 1;
    const waitMs =
      Math.max(retryAfterMs, errorBackoffMs(unanswered, environment.random())) +
      ASK_SPREAD_MS * environment.random();
    this.#note(ref, { type: "unanswered", askAgainAtMs: environment.now() + waitMs });
  }
}

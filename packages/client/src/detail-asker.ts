import { errorBackoffMs } from "@statusplane/core";
import { ClientError } from "./client-error.ts";
import { ASK_SPREAD_MS } from "./watch-state.ts";
import { readBody } from "./reading.ts";
import type { Sender } from "./sender.ts";
import type { WatchTable } from "./watch-table.ts";
import type { WatchRef } from "./watched-job.ts";

/** 404 codes that speak of the address, not of the job. */
const NOT_ABOUT_THE_JOB: ReadonlySet<string> = new Set([
  "not_served_here",
  "route_not_found",
  "unexpected_answer",
]);

/** The detail endpoint of a job. */
export function detailPath(ref: WatchRef): string {
  const id = encodeURIComponent(ref.id);
  return ref.kind === "video" ? `/media/videos/${id}/` : `/api/v1/jobs/${id}/`;
}

/**
 * Asks the record of jobs that the status store does not know, when the state machine says so: one timer, one request
 * at a time. 404 means gone; any other failure is no answer.
 */
export class DetailAsker {
  readonly #table: WatchTable;
  readonly #sender: Sender;
  #cancelTimer: (() => void) | null = null;
  #isAsking = false;
  #isClosed = false;

  constructor(table: WatchTable, sender: Sender) {
    this.#table = table;
    this.#sender = sender;
  }

  /** Sets the timer to the most urgent ask; called after every change. */
  settle(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const [next] = this.#table.toAsk();
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
    this.#table.apply([[ref, { type: "asking" }]]);
    try {
      const body = await this.#sender.json(detailPath(ref));
      const reading = readBody(ref, body, this.#sender.language);
      if (reading.job.unknownStatus === "") throw this.#sender.failure("unexpected_answer");
      const atMs = this.#sender.environment.now();
      this.#table.apply([[ref, { type: "found", reading, atMs }]]);
    } catch (error) {
      if (!this.#isClosed) this.#failed(ref, error);
    }
    this.#isAsking = false;
    this.settle();
  }

  #failed(ref: WatchRef, error: unknown): void {
    if (error instanceof ClientError && error.status === 404 && !NOT_ABOUT_THE_JOB.has(error.code)) {
      this.#table.apply([[ref, { type: "not_found" }]]);
      return;
    }
    // Not told here: the poll that goes on tells of a server that is away.
    const { environment } = this.#sender;
    const retryAfterMs = error instanceof ClientError ? (error.retryAfterMs ?? 0) : 0;
    const unanswered = (this.#table.state(ref)?.unanswered ?? 0) + 1;
    const waitMs =
      Math.max(retryAfterMs, errorBackoffMs(unanswered, environment.random())) +
      ASK_SPREAD_MS * environment.random();
    this.#table.apply([[ref, { type: "unanswered", askAgainAtMs: environment.now() + waitMs }]]);
  }
}

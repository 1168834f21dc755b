import {
  MAX_REPORTS,
  MAX_REQUEST_SECONDS,
  readReportAnswers,
  ROUTES,
  type ReportAnswer,
  type ReportsBody,
} from "@statusplane/core/wire";
import { ClientError } from "../client-error.ts";
import { readJson } from "../requests.ts";
import type { Sender } from "../sender.ts";
import type { Channel } from "../tabs/tabs.ts";
import { retryWait } from "../transport/backoff.ts";
import { bodyOf, type KeptReport } from "./kept-report.ts";
import type { NamedReport, ReportStore } from "./report-store.ts";
import type { ViewsEnvironment } from "./views-environment.ts";
import { secondsIn } from "./watched-seconds.ts";

/** What became of one player's report. */
export interface PlayerAnswer {
  readonly player: string;
  readonly answer: ReportAnswer;
}

export interface ReportMailParts {
  readonly sender: Sender;
  readonly store: ReportStore;
  readonly environment: ViewsEnvironment;
  readonly viewer: string;
  readonly baseUrl: string;
  /** From one request to the next, where nothing is urgent. */
  readonly intervalMs: number;
  /** Of a playback; null: none is known. */
  grantOf(videoId: string): string | null;
  /** Has the server know these views, so that it can count. */
  load(videoIds: readonly string[]): Promise<unknown>;
  /** Also what other tabs were answered. */
  onAnswers(answers: readonly PlayerAnswer[]): void;
}

/** Of the lock and of the channel, before the viewer. Its number changes with what is said. */
const NAME = "statusplane.views.v1.";
/** What requests may carry that outlive their page is 64 KiB, all together; the server takes no more, either. */
const MAX_BODY_CHARACTERS = 60_000;
/** A tab that sends for all has 10 s; after this whoever has reports sends them. */
const PATIENCE_MS = 25_000;

type Said =
  /** I have kept some: urgent ones are sent now, others when it is time. */
  | { readonly say: "kept"; readonly isUrgent: boolean }
  | { readonly say: "answers"; readonly answers: readonly PlayerAnswer[] };

/**
 * Brings reports to the server: one request for all players of all tabs.
 *
 * ```
 * following ──the lock──▶ leading: sends what every tab has kept      no lock here, or nothing shared: always leading
 *     └── reports wait for 25 s ──▶ sends them itself: sent twice is safe
 * ```
 *
 * What the server has not answered stays kept, and is sent again: 1, 2, 4 … 15 s later, and when the network is back.
 */
export class ReportMail {
  readonly #parts: ReportMailParts;
  readonly #channel: Channel | null;
  readonly #abort = new AbortController();
  #isLeading: boolean;
  #isClosed = false;
  #sending: Promise<void> | null = null;
  #sendingNext: Promise<void> | null = null;
  #dueMs: number;
  #cancelDue: (() => void) | null = null;
  #errorsInARow = 0;
  #notBeforeMs = 0;
  #cancelRetry: (() => void) | null = null;
  #letGo: () => void = () => {};

  constructor(parts: ReportMailParts) {
    this.#parts = parts;
    this.#dueMs = parts.environment.now() + parts.intervalMs;
    const { tabs, texts } = parts.environment;
    this.#isLeading = !tabs || texts === null;
    this.#channel = this.#isLeading
      ? null
      : (tabs?.openChannel(NAME + parts.viewer, (heard) => this.#hear(heard)) ?? null);
    if (this.#isLeading) return;
    const held = (): Promise<void> => {
      const kept = new Promise<void>((resolve) => (this.#letGo = resolve));
      if (this.#isClosed) this.#letGo();
      this.#isLeading = true;
      void this.send();
      return kept;
    };
    // It rejects when this tab closes before its turn: then nobody waits for it.
    tabs?.lock(NAME + parts.viewer, { signal: this.#abort.signal }, held).catch(() => undefined);
  }

  /** Keeps reports until they are answered. */
  keep(reports: readonly KeptReport[]): void {
    this.#parts.store.add(reports);
  }

  /** Keeps reports, and has them sent. @param isUrgent now, else when it is time. */
  add(reports: readonly KeptReport[], isUrgent: boolean): void {
    if (reports.length === 0) return;
    this.keep(reports);
    if (this.#isLeading) this.#sendInTime(isUrgent);
    else if (this.#isOverdue()) void this.send();
    else this.#say({ say: "kept", isUrgent });
  }

  /** Sends all that is kept. Ends when that is answered, or cannot be sent now. */
  send(): Promise<void> {
    if (this.#sending === null) {
      this.#sending = this.#sendAll().finally(() => (this.#sending = null));
      return this.#sending;
    }
    // What was kept meanwhile may have missed it.
    this.#sendingNext ??= this.#sending.then(() => {
      this.#sendingNext = null;
      return this.send();
    });
    return this.#sendingNext;
  }

  /** The network is back, or the page is seen again. */
  wake(): void {
    this.#notBeforeMs = 0;
    if (this.#isLeading || this.#isOverdue()) void this.send();
  }

  /** The page may end now: sends by what outlives it. What is not answered stays kept for the next page. */
  async leave(): Promise<void> {
    const { environment, sender, baseUrl } = this.#parts;
    const batch = this.#batch();
    if (batch.length === 0) return;
    if (environment.canKeepAlive(baseUrl)) {
      // Not answered: what was sent stays kept, and the next page sends it again.
      await this.#post(batch, { keepalive: true }).catch(() => undefined);
      return;
    }
    this.#say({ say: "kept", isUrgent: false }); // nobody hears whether it comes: a tab that stays sends it, too
    const reports = this.#bodies(batch).flatMap((body) => {
      const grant = this.#parts.grantOf(body.video);
      return grant === null ? [] : [{ ...body, grant }];
    });
    const text = JSON.stringify({ reports } satisfies ReportsBody);
    if (reports.length > 0) environment.sendBeacon(sender.url(ROUTES.viewBeacon), text);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#cancelDue?.();
    this.#letGo();
    this.#abort.abort();
    this.#channel?.close();
  }

  #sendInTime(isUrgent: boolean): void {
    const { environment, intervalMs } = this.#parts;
    const waitMs = isUrgent ? 0 : this.#dueMs - environment.now();
    if (!isUrgent && waitMs <= 0) this.#dueMs = environment.now() + intervalMs;
    if (waitMs <= 0) return void this.send();
    this.#cancelDue ??= environment.setTimer(() => {
      this.#cancelDue = null;
      this.#sendInTime(false);
    }, waitMs);
  }

  async #sendAll(): Promise<void> {
    const { environment, store } = this.#parts;
    try {
      if (environment.now() < this.#notBeforeMs || !environment.isOnline()) return;
      store.tidy(environment.wallNow());
      const keys = new Set(store.all().map(({ key }) => key)); // what is kept from now on has its own time
      for (let batch = this.#batch(keys); batch.length > 0; batch = this.#batch(keys)) {
        if (!(await this.#post(batch, {}))) return; // not taken: not again at once
      }
      this.#errorsInARow = 0;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @returns whether all of it is done with. */
  async #post(batch: readonly NamedReport[], init: { readonly keepalive?: true }): Promise<boolean> {
    const unknown = await this.#postOnce(batch, init);
    if (unknown.length === 0) return true;
    await this.#parts.load([...new Set(unknown.map(({ report }) => report.videoId))]);
    return (await this.#postOnce(unknown, init)).length === 0;
  }

  /** @returns reports of which the server does not know the view. @throws {ClientError} */
  async #postOnce(
    batch: readonly NamedReport[],
    init: { readonly keepalive?: true },
  ): Promise<readonly NamedReport[]> {
    const { sender } = this.#parts;
    const body = JSON.stringify({ reports: this.#bodies(batch) } satisfies ReportsBody);
    const headers = { "Content-Type": "application/json" };
    try {
      const answer = await readJson(sender, ROUTES.views, { ...init, method: "POST", headers, body });
      return this.#answered(
        batch,
        sender.checked(answer, (each) => readReportAnswers(each, batch.length)),
      );
    } catch (error) {
      if (!(error instanceof ClientError) || !NEVER_TAKEN.has(error.status)) throw error;
      return this.#refused(batch);
    }
  }

  #answered(batch: readonly NamedReport[], answers: readonly ReportAnswer[]): readonly NamedReport[] {
    const isDone = (index: number): boolean => answers[index]?.outcome !== "load";
    this.#parts.store.remove(batch.filter((_, index) => isDone(index)).map(({ key }) => key));
    const told = answers.flatMap((answer, index) => {
      const player = batch[index]?.report.player;
      return player === undefined ? [] : [{ player, answer }];
    });
    this.#say({ say: "answers", answers: told });
    this.#parts.onAnswers(told);
    return batch.filter((_, index) => !isDone(index));
  }

  /** A report that the server never takes would stop all others: each goes alone, and what is refused alone is forgotten. */
  async #refused(batch: readonly NamedReport[]): Promise<readonly NamedReport[]> {
    if (batch.length <= 1) {
      this.#parts.store.remove(batch.map(({ key }) => key));
      return [];
    }
    const left: NamedReport[] = [];
    for (const each of batch) left.push(...(await this.#postOnce([each], {})));
    return left;
  }

  #failed(error: unknown): void {
    const { environment, sender } = this.#parts;
    const failure = error instanceof ClientError ? error : sender.failure("network_error", error);
    this.#errorsInARow += 1;
    const { waitMs } = retryWait(failure, this.#errorsInARow, environment);
    this.#notBeforeMs = environment.now() + waitMs;
    this.#cancelRetry?.();
    if (!this.#isClosed) this.#cancelRetry = environment.setTimer(() => void this.send(), waitMs);
  }

  /** As many as one request takes, the oldest first. @param among Default: of all. */
  #batch(among?: ReadonlySet<string>): readonly NamedReport[] {
    const nowMs = this.#parts.environment.wallNow();
    let [characters, seconds] = [0, 0];
    return this.#parts.store
      .all()
      .filter(({ key }) => among?.has(key) ?? true)
      .slice(0, MAX_REPORTS)
      .filter(({ report }, index) => {
        characters += JSON.stringify(bodyOf(report, nowMs)).length + 1;
        seconds += secondsIn(report.ranges);
        return index === 0 || (characters <= MAX_BODY_CHARACTERS && seconds <= MAX_REQUEST_SECONDS);
      });
  }

  #bodies(batch: readonly NamedReport[]) {
    const nowMs = this.#parts.environment.wallNow();
    return batch.map(({ report }) => bodyOf(report, nowMs));
  }

  #isOverdue(): boolean {
    const [oldest] = this.#parts.store.all();
    return oldest !== undefined && this.#parts.environment.wallNow() - oldest.report.atMs > PATIENCE_MS;
  }

  #say(said: Said): void {
    if (!this.#isClosed) this.#channel?.post(said);
  }

  #hear(heard: unknown): void {
    const said = heard as Said; // of this version alone: the channel's name has its number
    if (said.say === "answers") this.#parts.onAnswers(said.answers);
    else if (this.#isLeading) this.#sendInTime(said.isUrgent);
  }
}

/** Bad request, forbidden, too large: no repetition helps. */
const NEVER_TAKEN: ReadonlySet<number> = new Set([400, 403, 413]);

/// <reference lib="esnext.disposable" preserve="true" />
// so that the declarations compile in a project with an older lib, too
import {
  readView,
  readViews,
  REFUSAL_REASONS,
  viewPath,
  viewsPath,
  type RefusalReason,
  type View,
} from "@statusplane/core/wire";
import { callSafely } from "../call-safely.ts";
import { read } from "../requests.ts";
import { createSender, type Sender } from "../sender.ts";
import { sentenceOf } from "../sentences.ts";
import type { Fetch } from "../statusplane-client.ts";
import type { KeptReport } from "./kept-report.ts";
import { ReportMail, type PlayerAnswer } from "./report-mail.ts";
import { ReportStore } from "./report-store.ts";
import { ViewTable } from "./view-table.ts";
import { viewsEnvironment, type ViewsEnvironment } from "./views-environment.ts";
import { WatchedPlayer } from "./watched-player.ts";

/** What {@link createViewReporter} takes. */
export interface ViewReporterOptions {
  /** Before every path, without a slash at its end. Default "": the page's own origin. */
  readonly baseUrl?: string;
  /** Asked before every request; null: nobody is signed in. Of one person: the next one has another reporter. */
  readonly getToken: () => string | null | Promise<string | null>;
  /**
   * Names the person among all who use this browser, in every tab alike: what one has watched while there was no
   * network is sent when the same person is back, never by another. It stays on this machine.
   */
  readonly viewer: string;
  /** From one report to the next, in ms. Default 10,000. */
  readonly intervalMs?: number;
  /** Language of the server's sentences. Default: as `browserLanguage` says. */
  readonly language?: () => "ko" | "en";
  /** Called once per streak of 401 answers. */
  readonly onUnauthenticated?: () => void;
  /** Default: the browser's. */
  readonly fetch?: Fetch;
  /** Default: the browser's. */
  readonly environment?: ViewsEnvironment;
}

/** What {@link ViewReporter.watch} takes. */
export interface WatchMediaOptions {
  readonly videoId: string;
  /** `viewGrant` of the playback: with it reports outlive the page where no header does. Default: none. */
  readonly grant?: () => string | null;
  /** The server does not record it, and the player was stopped: the reason. */
  readonly onRefused?: (reason: RefusalReason) => void;
}

/** Reports what is watched in this tab, and knows what was. */
export interface ViewReporter {
  /**
   * Watches a media element until the answer is called: every 10 s, when it pauses and when the page is left, the
   * seconds that were really played are told to the server.
   *
   * @example
   * const stop = reporter.watch(videoElement, { videoId: "42" });
   */
  watch(media: HTMLMediaElement, options: WatchMediaOptions): () => void;
  /** Asks what the person has watched of a video, each second of it. @throws {ClientError} */
  load(videoId: string): Promise<View>;
  /** Asks it of several, at most 100, without their seconds. @throws {ClientError} */
  loadAll(videoIds: readonly string[]): Promise<readonly View[]>;
  /** The newest that is known; the same object while nothing changed. */
  get(videoId: string): View | undefined;
  /** Called after every change of {@link get}. */
  subscribe(listener: () => void): () => void;
  /** Sends what is to be told, and ends when it is answered or cannot be sent now. */
  flush(): Promise<void>;
  /** Tells the rest and ends. A second close does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}

const INTERVAL_MS = 10_000;

/**
 * Makes the tab's reporter. Make one and share it.
 *
 * @example
 * const reporter = createViewReporter({ getToken: () => sessionStorage.getItem("token"), viewer: "tenant-1.s42" });
 * reporter.watch(videoElement, { videoId: "42" });
 */
export function createViewReporter(options: ViewReporterOptions): ViewReporter {
  return new Reporter(options);
}

interface Watched {
  readonly player: WatchedPlayer;
  readonly options: WatchMediaOptions;
}

class Reporter implements ViewReporter {
  readonly #environment: ViewsEnvironment;
  readonly #sender: Sender;
  readonly #intervalMs: number;
  readonly #mail: ReportMail;
  readonly #table = new ViewTable();
  readonly #watched = new Map<string, Watched>();
  readonly #ends: readonly (() => void)[];
  #cancelTick: (() => void) | null = null;
  /** From the moment that the page goes until it is back. */
  #isLeft = false;
  #isClosed = false;

  constructor(options: ViewReporterOptions) {
    const environment = options.environment ?? viewsEnvironment();
    this.#environment = environment;
    this.#sender = createSender(options, environment, sentenceOf);
    this.#intervalMs = options.intervalMs ?? INTERVAL_MS;
    this.#mail = new ReportMail({
      sender: this.#sender,
      store: new ReportStore(environment.texts, options.viewer, () => environment.newId()),
      environment,
      viewer: options.viewer,
      baseUrl: options.baseUrl ?? "",
      intervalMs: this.#intervalMs,
      grantOf: (videoId) => this.#grantOf(videoId),
      load: (videoIds) => this.loadAll(videoIds),
      onAnswers: (answers) => this.#take(answers),
    });
    this.#ends = [
      environment.onWake(() => this.#wake()),
      environment.onHidden?.(() => this.#leave(false)) ?? (() => undefined),
      environment.onLeave(() => this.#leave(true)),
    ];
    this.#mail.wake(); // what an earlier page has left
  }

  watch(media: HTMLMediaElement, options: WatchMediaOptions): () => void {
    const { videoId } = options;
    const player = new WatchedPlayer({
      ...{ media, videoId, environment: this.#environment },
      onNews: () => this.#mail.add(player.take(), true),
      onWatched: (seconds) => this.#table.watched(videoId, seconds),
    });
    this.#watched.set(player.id, { player, options });
    this.#cancelTick ??= this.#tickLater();
    return () => {
      if (!this.#watched.delete(player.id)) return;
      this.#mail.add(player.take(true), true);
      player.close();
      if (this.#watched.size > 0) return;
      this.#cancelTick?.();
      this.#cancelTick = null;
    };
  }

  async load(videoId: string): Promise<View> {
    const view = await read(this.#sender, viewPath(videoId), readView);
    this.#table.take(view);
    return this.#table.get(videoId) ?? view;
  }

  async loadAll(videoIds: readonly string[]): Promise<readonly View[]> {
    if (videoIds.length === 0) return [];
    const views = await read(this.#sender, viewsPath(videoIds), readViews);
    for (const view of views) this.#table.take(view);
    return views;
  }

  get(videoId: string): View | undefined {
    return this.#table.get(videoId);
  }

  subscribe(listener: () => void): () => void {
    return this.#table.subscribe(() => callSafely(listener));
  }

  flush(): Promise<void> {
    this.#mail.keep(this.#takeAll());
    return this.#mail.send();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTick?.();
    this.#mail.keep(this.#takeAll(true));
    for (const { player } of this.#watched.values()) player.close();
    this.#watched.clear();
    for (const end of this.#ends) end();
    // The last request goes on without the reporter; only then nothing is asked any more.
    void this.#mail.leave().finally(() => this.#sender.close());
    this.#mail.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #tickLater(): () => void {
    return this.#environment.setTimer(() => {
      this.#cancelTick = this.#tickLater();
      this.#mail.add(this.#takeAll(), false);
    }, this.#intervalMs);
  }

  #takeAll(isLeft = false): readonly KeptReport[] {
    if (this.#isLeft) return []; // a page that is left is hidden, too, afterwards: that would take the place again
    return [...this.#watched.values()].flatMap(({ player }) => player.take(isLeft));
  }

  /** @param isLeft the page itself goes, not only out of sight. */
  #leave(isLeft: boolean): void {
    this.#mail.keep(this.#takeAll(isLeft));
    this.#isLeft ||= isLeft;
    void this.#mail.leave();
  }

  /** Seen again, online again, or back as it was left. */
  #wake(): void {
    this.#isLeft = false;
    this.#mail.wake();
  }

  #grantOf(videoId: string): string | null {
    const watched = [...this.#watched.values()].filter(({ options }) => options.videoId === videoId);
    return watched.map(({ options }) => options.grant?.() ?? null).find((grant) => grant !== null) ?? null;
  }

  #take(answers: readonly PlayerAnswer[]): void {
    for (const { player: id, answer } of answers) {
      if (answer.view !== null) this.#table.take(answer.view);
      const watched = this.#watched.get(id);
      const reason = REFUSAL_REASONS.find((each) => each === answer.reason);
      if (answer.outcome !== "refused" || watched === undefined || reason === undefined) continue;
      watched.player.pause();
      callSafely(() => watched.options.onRefused?.(reason));
    }
  }
}

import { systemClock } from "../clock.ts";
import { faultFields } from "../fault-fields.ts";
import type { Unsubscribe } from "../status-store-ports.ts";
import type { ViewFeed, ViewNews, ViewStore } from "../views/view-ports.ts";
import { viewRef, type ViewHint, type ViewRef } from "../views/view-ref.ts";
import type { ViewState } from "../views/view-state.ts";
import { isNewerView } from "../wire/received-view.ts";
import { PacedReads } from "./paced-reads.ts";
import type { StatusStoreLog } from "./status-store-options.ts";
import { Watchers } from "./watchers.ts";

/** Where a hub hears who has reported of a video, and reads what they have watched. */
export interface ViewsSource extends Pick<ViewStore, "read" | "readRecent" | "nowMs"> {
  /** Resolves when every change from now on will be heard, unless the connection fails. */
  listen(tenant: string, video: string, hear: (hint: ViewHint) => void): Promise<Unsubscribe>;
}

export interface ViewsHubOptions {
  /** Whatever was reported is looked for this often, in ms; 0: never, the source loses nothing. */
  readonly rereadMs: number;
  /** A video's views are read at most this often, in ms, however many reports are heard. */
  readonly viewsEveryMs: number;
  readonly log: StatusStoreLog;
}

type Listener = (news: readonly ViewNews[]) => void;

/** Whoever reported within this is told to the first who watches, ms. */
const FIRST_LOOK_MS = 60_000;
/** A report may land behind a moment that was read before: so far each look reaches back, ms. */
const OVERLAP_MS = 1_000;
/** A view without news for so long is in its row, and is not read again, ms. */
const FORGET_MS = 600_000;
/** Of a video in one look. */
const MAX_VIEWERS = 1_000;

/** The views of videos for all watchers of a process: one watch per video, begun by its first watcher. */
export class ViewsHub implements ViewFeed {
  readonly #source: ViewsSource;
  readonly #options: ViewsHubOptions;
  readonly #watches = new Map<string, ViewsWatch>();

  constructor(source: ViewsSource, options: ViewsHubOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** @throws {store_unavailable} when the subscription or the first read fails; nothing is watched then. */
  async watchViews(tenant: string, video: string, listener: Listener): Promise<Unsubscribe> {
    const key = `${tenant}:${video}`;
    let watch = this.#watches.get(key);
    if (watch === undefined) {
      const fresh = new ViewsWatch(this.#source, { tenant, video }, this.#options, () => {
        if (this.#watches.get(key) === fresh) this.#watches.delete(key);
      });
      watch = fresh;
      this.#watches.set(key, fresh);
    }
    return watch.join(listener);
  }

  /** Changes may have been missed: looks for them in every watched video. */
  resubscribed(): void {
    for (const watch of this.#watches.values()) watch.lookAgain();
  }

  /** Forgets all watchers. */
  close(): void {
    for (const watch of [...this.#watches.values()]) watch.end();
  }
}

interface Video {
  readonly tenant: string;
  readonly video: string;
}

interface KnownView {
  readonly state: ViewState;
  /** When it was news. */
  readonly atMs: number;
}

/** One video's views. Who was heard becomes part of a read, and what a read has newer is told. */
class ViewsWatch {
  readonly #source: ViewsSource;
  readonly #of: Video;
  readonly #options: ViewsHubOptions;
  readonly #reads: PacedReads;
  readonly #watchers: Watchers<readonly ViewNews[]>;
  /** The newest of each viewer, those without news first. */
  readonly #known = new Map<string, KnownView>();
  /** Viewers that are to be read; true: whose view was erased meanwhile. */
  #heard = new Map<string, boolean>();
  /** Until when, by the source's clock, everything reported has been looked for; null: never yet. */
  #lookedUntilMs: number | null = null;
  /** Whether the next read looks for whatever was reported. */
  #looksAgain = true;
  #cancelLook: (() => void) | null = null;

  constructor(source: ViewsSource, of: Video, options: ViewsHubOptions, onEnd: () => void) {
    this.#source = source;
    this.#of = of;
    this.#options = options;
    const { viewsEveryMs: everyMs, rereadMs, log } = options;
    this.#reads = new PacedReads({
      ...{ everyMs, rereadMs: 0, longestRetryMs: rereadMs }, // when it looks again is its own: reads between count nothing
      read: () => this.#read(),
      onFailure: (error) => this.#warn(error, "could not read a video's views; they are read again"),
    });
    this.#watchers = new Watchers({
      listening: source.listen(of.tenant, of.video, ({ viewer, isErased }) => {
        this.#hear(viewer, isErased);
        this.#reads.soon();
      }),
      ready: async () => (this.#lookedUntilMs === null ? this.#reads.now() : undefined),
      present: () => this.#present(),
      onEnd: () => {
        this.#reads.end();
        this.#cancelLook?.();
        onEnd();
      },
      onUnlistenFailed: (error) => this.#warn(error, "could not end listening to a video's views"),
      log,
    });
  }

  /** Tells the listener what is known now, once everything reported lately has been looked for, and what changes. */
  join(listener: Listener): Promise<Unsubscribe> {
    return this.#watchers.join(listener);
  }

  /** Reports may have been missed. */
  lookAgain(): void {
    this.#looksAgain = true;
    this.#reads.soon();
  }

  end(): void {
    this.#watchers.end();
  }

  #hear(viewer: string, isErased: boolean): void {
    this.#heard.set(viewer, isErased || this.#heard.get(viewer) === true);
  }

  #present(): readonly ViewNews[] | null {
    if (this.#known.size === 0) return null;
    return Array.from(this.#known.values(), ({ state }) => ({ ref: state.ref, state }));
  }

  async #read(): Promise<void> {
    const heard = this.#heard;
    const looksAgain = this.#looksAgain;
    this.#heard = new Map();
    this.#looksAgain = false;
    try {
      await this.#tellNewer(heard, looksAgain);
    } catch (error) {
      for (const [viewer, isErased] of heard) this.#hear(viewer, isErased);
      this.#looksAgain ||= looksAgain;
      throw error;
    }
    if (looksAgain) this.#lookAgainLater();
  }

  async #tellNewer(heard: ReadonlyMap<string, boolean>, looksAgain: boolean): Promise<void> {
    const { tenant, video } = this.#of;
    const viewers = new Set(heard.keys());
    const untilMs = looksAgain ? await this.#addMissed(viewers) : this.#lookedUntilMs;
    const refs = [...viewers].map((viewer) => viewRef(tenant, video, viewer));
    const states = refs.length === 0 ? [] : await this.#source.read(refs);
    const news = refs.flatMap((ref, i) =>
      this.#newsOf(ref, states[i] ?? null, heard.get(ref.viewer) === true),
    );
    this.#lookedUntilMs = untilMs;
    if (news.length > 0) this.#watchers.tell(news);
  }

  /** Adds whoever may have changed unheard. @returns until when that is known now. */
  async #addMissed(viewers: Set<string>): Promise<number> {
    const { tenant, video } = this.#of;
    const nowMs = await this.#source.nowMs();
    const sinceMs = this.#lookedUntilMs === null ? nowMs - FIRST_LOOK_MS : this.#lookedUntilMs - OVERLAP_MS;
    const recent = await this.#source.readRecent(tenant, video, { sinceMs, limit: MAX_VIEWERS });
    for (const { ref } of recent) viewers.add(ref.viewer);
    const forgetBeforeMs = systemClock.nowMs() - FORGET_MS;
    for (const [viewer, { atMs }] of this.#known) {
      if (atMs < forgetBeforeMs) this.#known.delete(viewer);
      else viewers.add(viewer); // a decision, or an erasure, is no report
    }
    return nowMs;
  }

  /** What is new by that state. */
  #newsOf(ref: ViewRef, state: ViewState | null, isErased: boolean): readonly ViewNews[] {
    const known = this.#known.get(ref.viewer)?.state;
    const isGone = isErased || state === null;
    if (!isGone && known !== undefined && !isNewerView(state, known)) return [];
    this.#known.delete(ref.viewer); // those with news come last
    const gone = isGone ? [{ ref, state: null }] : [];
    if (state === null) return gone;
    this.#known.set(ref.viewer, { state, atMs: systemClock.nowMs() });
    const [first] = this.#known.keys();
    if (this.#known.size > MAX_VIEWERS && first !== undefined) this.#known.delete(first);
    return [...gone, { ref, state }];
  }

  #lookAgainLater(): void {
    const { rereadMs } = this.#options;
    if (rereadMs === 0 || this.#watchers.ended) return;
    this.#cancelLook?.();
    this.#cancelLook = systemClock.after(rereadMs, () => this.lookAgain());
  }

  #warn(error: unknown, message: string): void {
    this.#options.log.warn({ ...faultFields(error), ...this.#of }, message);
  }
}

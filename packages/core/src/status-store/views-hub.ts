import { systemClock } from "../clock.ts";
import { faultFields } from "../fault-fields.ts";
import type { Unsubscribe } from "../status-store-ports.ts";
import type { ViewFeed, ViewNews, ViewStore } from "../views/view-ports.ts";
import { viewRef, type ViewHint, type ViewRef } from "../views/view-ref.ts";
import type { ViewState } from "../views/view-state.ts";
import { isNewerView } from "../wire/received-view.ts";
import { callListener } from "./call-listener.ts";
import type { StatusStoreLog } from "./status-store-options.ts";

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

/** A read that failed is repeated after so long, in ms, then ever later. */
const FIRST_RETRY_MS = 250;
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

/**
 * One video's views. Who was heard becomes part of a read, and what a read has newer is told:
 *
 * ```
 * idle ──heard, or rereadMs are over──▶ due (viewsEveryMs after the last read began) ──▶ reading ──▶ idle
 *                                        ▲                                                 │
 *                                        └──── heard meanwhile, or failed: a little later ─┘
 * ```
 */
class ViewsWatch {
  readonly #source: ViewsSource;
  readonly #of: Video;
  readonly #options: ViewsHubOptions;
  readonly #onEnd: () => void;
  readonly #listeners = new Set<Listener>();
  readonly #listening: Promise<Unsubscribe>;
  #joining = 0;
  /** The newest of each viewer, those without news first. */
  readonly #known = new Map<string, KnownView>();
  /** Viewers that are to be read; true: whose view was erased meanwhile. */
  #heard = new Map<string, boolean>();
  /** Until when, by the source's clock, everything reported has been looked for; null: never yet. */
  #lookedUntilMs: number | null = null;
  /** Whether the next read looks for whatever was reported. */
  #looksAgain = true;
  /** When the last read began. */
  #readAtMs = -Infinity;
  #reading: Promise<void> | undefined;
  #failures = 0;
  /** The read that is due next; null: none. */
  #due: { readonly atMs: number; readonly cancel: () => void } | null = null;
  #cancelLook: (() => void) | null = null;
  #ended = false;

  constructor(source: ViewsSource, of: Video, options: ViewsHubOptions, onEnd: () => void) {
    this.#source = source;
    this.#of = of;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#listening = source.listen(of.tenant, of.video, ({ viewer, isErased }) => {
      this.#heard.set(viewer, isErased || this.#heard.get(viewer) === true);
      this.#readSoon();
    });
  }

  /** Tells the listener what is known now, once everything reported lately has been looked for. */
  async join(listener: Listener): Promise<Unsubscribe> {
    this.#joining += 1;
    try {
      await this.#listening;
      if (this.#lookedUntilMs === null) await this.#read();
    } catch (error) {
      this.#joining -= 1;
      this.#endUnlessWatched();
      throw error;
    }
    this.#joining -= 1;
    const own: Listener = (news) => callListener(this.#options.log, () => listener(news));
    if (!this.#ended) {
      this.#listeners.add(own);
      if (this.#known.size > 0)
        own(Array.from(this.#known.values(), ({ state }) => ({ ref: state.ref, state })));
    }
    return () => {
      this.#listeners.delete(own);
      this.#endUnlessWatched();
      return Promise.resolve();
    };
  }

  /** Reports may have been missed. */
  lookAgain(): void {
    this.#looksAgain = true;
    this.#readSoon();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelDue();
    this.#cancelLook?.();
    this.#listeners.clear();
    this.#onEnd();
    this.#listening
      .then(
        (unlisten) => unlisten(),
        () => undefined, // it never listened: told to whoever wanted to watch
      )
      .catch((error: unknown) => this.#warn(error, "could not end listening to a video's views"));
  }

  #endUnlessWatched(): void {
    if (this.#listeners.size === 0 && this.#joining === 0) this.end();
  }

  #readSoon(): void {
    if (this.#reading === undefined) this.#readAt(this.#readAtMs + this.#options.viewsEveryMs);
  }

  /** Only what is due earlier takes the place of what is due: a steady flow of reports must not put the read off. */
  #readAt(atMs: number): void {
    if (this.#ended || (this.#due !== null && this.#due.atMs <= atMs)) return;
    this.#cancelDue();
    const cancel = systemClock.after(Math.max(0, atMs - systemClock.nowMs()), () => {
      this.#due = null;
      this.#read().catch(() => undefined); // logged and repeated where it failed
    });
    this.#due = { atMs, cancel };
  }

  #cancelDue(): void {
    this.#due?.cancel();
    this.#due = null;
  }

  /** The read that is under way, or a new one. */
  #read(): Promise<void> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
      if (this.#failures > 0) this.#readAt(systemClock.nowMs() + this.#retryMs());
      else if (this.#heard.size > 0 || this.#looksAgain) this.#readSoon();
    });
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    this.#cancelDue();
    this.#readAtMs = systemClock.nowMs();
    const heard = this.#heard;
    const looksAgain = this.#looksAgain;
    this.#heard = new Map();
    this.#looksAgain = false;
    try {
      await this.#tellNewer(heard, looksAgain);
      this.#failures = 0;
    } catch (error) {
      for (const [viewer, isErased] of heard) {
        this.#heard.set(viewer, isErased || this.#heard.get(viewer) === true);
      }
      this.#looksAgain ||= looksAgain;
      this.#failures += 1;
      if (this.#failures === 1) this.#warn(error, "could not read a video's views; they are read again");
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
    if (news.length > 0) for (const listener of [...this.#listeners]) listener(news);
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
    if (rereadMs === 0 || this.#ended) return;
    this.#cancelLook?.();
    this.#cancelLook = systemClock.after(rereadMs, () => this.lookAgain());
  }

  #retryMs(): number {
    const longestMs = Math.max(FIRST_RETRY_MS, this.#options.rereadMs);
    return Math.min(longestMs, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
  }

  #warn(error: unknown, message: string): void {
    this.#options.log.warn({ ...faultFields(error), ...this.#of }, message);
  }
}

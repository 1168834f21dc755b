import {
  asMembers,
  isNewerView,
  liveViewsPath,
  readView,
  readViews,
  textOrNull,
  type View,
} from "@statusplane/core/wire";
import { callSafely } from "./call-safely.ts";
import { ClientError } from "./client-error.ts";
import type { Sender } from "./sender.ts";
import { createTimer } from "./timer.ts";
import { retryWait } from "./transport/backoff.ts";
import type { Delivering } from "./transport/delivering.ts";
import type { ViewEvent } from "./transport/delivery.ts";
import type { WatchTable } from "./watch-table.ts";

/** Viewer → video → the newest. */
export type LiveViews = ReadonlyMap<string, ReadonlyMap<string, View>>;

/** A view that the status store does not know any more: it was erased, or lost, and its row says what is left of it. */
export interface GoneView {
  readonly videoId: string;
  readonly viewer: string;
}

export interface LiveViewsOptions {
  readonly onGone?: (gone: GoneView) => void;
}

export interface LiveViewsParts {
  readonly sender: Sender;
  readonly table: WatchTable;
  readonly delivering: () => Delivering;
}

/** Players report every 10 s: asking twice as often shows each report soon. */
const ASK_MS = 5_000;
/** Nobody sees a page for so long: nothing is told to it. */
const REST_AFTER_MS = 10_000;
/** What a stream tells is asked for, too, so often: nothing stays lost. */
const SAFETY_MS = 60_000;

interface Watch {
  readonly videoIds: readonly string[];
  readonly options: LiveViewsOptions;
}

/**
 * Whoever watches some videos now: told by the watcher's stream, and asked for where there is none. What a stream told before
 * this tab came is asked for once.
 */
export class WatchedViews {
  readonly #parts: LiveViewsParts;
  readonly #watches = new Set<Watch>();
  readonly #timer;
  #wanted: readonly string[] = [];
  /** Since when nobody has seen the page; null: somebody does. */
  #hiddenSinceMs: number | null = null;
  #isResting = false;
  #state: LiveViews = new Map();
  #cursor: string | null = null;
  #askedMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  #errorsInARow = 0;

  constructor(parts: LiveViewsParts) {
    this.#parts = parts;
    const { environment } = parts.sender;
    this.#timer = createTimer(environment);
    const ends = [
      environment.onWake(() => void this.#look()),
      parts.table.subscribe(() => {
        if (parts.delivering().status !== "closed") return;
        this.#timer.stop();
        for (const end of ends) end();
      }),
    ];
  }

  /** Videos that a stream is to tell: none while nobody has seen the page for a while. */
  get wanted(): readonly string[] {
    return this.#isResting ? [] : this.#wanted;
  }

  /** The same object while nothing changed. */
  get state(): LiveViews {
    return this.#state;
  }

  watch(videoIds: readonly string[], options: LiveViewsOptions = {}): () => void {
    const watch: Watch = { videoIds, options };
    this.#watches.add(watch);
    this.#settle();
    return () => {
      if (this.#watches.delete(watch)) this.#settle();
    };
  }

  /** What a stream told. */
  take(events: readonly ViewEvent[] = []): void {
    const before = this.#state;
    for (const { event, body } of events) {
      const view = readView(body);
      const { video, viewer } = asMembers(body);
      if (event === "view" && view !== null) this.#put(view);
      else if (event === "view_gone") this.#forget(String(video), String(viewer));
    }
    if (before !== this.#state) this.#parts.table.tell();
  }

  /** Wants what its watchers want; what is new is asked for at once. */
  #settle(): void {
    const wanted = [...new Set([...this.#watches].flatMap(({ videoIds }) => videoIds))].sort();
    if (wanted.join() === this.#wanted.join()) return;
    const isNew = wanted.some((id) => !this.#wanted.includes(id));
    this.#wanted = wanted;
    this.#parts.delivering().settle();
    if (isNew) {
      this.#cursor = null;
      this.#askedMs = Number.NEGATIVE_INFINITY;
      if (!this.#isAsking) this.#timer.set(() => void this.#look(), 0);
    } else if (wanted.length === 0) this.#timer.stop();
  }

  /** Asks where nobody tells, never rejects. */
  async #look(): Promise<void> {
    const { sender, delivering } = this.#parts;
    const { status } = delivering();
    if (status === "closed" || this.#isAsking || this.#wanted.length === 0) return;
    this.#rest();
    const isDue = sender.environment.now() - this.#askedMs >= (status === "live" ? SAFETY_MS : ASK_MS);
    let waitMs = ASK_MS;
    if (isDue && sender.environment.isVisible()) {
      this.#isAsking = true;
      waitMs = await this.#ask();
      this.#isAsking = false;
    }
    this.#timer.set(() => void this.#look(), waitMs);
  }

  /** Rests while nobody has seen the page for a while, and no longer. */
  #rest(): void {
    const { sender, delivering } = this.#parts;
    const nowMs = sender.environment.now();
    if (sender.environment.isVisible()) this.#hiddenSinceMs = null;
    else this.#hiddenSinceMs ??= nowMs;
    const isResting = this.#hiddenSinceMs !== null && nowMs - this.#hiddenSinceMs >= REST_AFTER_MS;
    if (isResting === this.#isResting) return;
    this.#isResting = isResting;
    delivering().settle();
  }

  /** @returns how long the next one waits, ms. */
  async #ask(): Promise<number> {
    const { sender } = this.#parts;
    const wanted = this.#wanted;
    this.#askedMs = sender.environment.now();
    try {
      const body = await sender.send(liveViewsPath(wanted, this.#cursor), { cache: "no-store" }, (response) =>
        sender.bodyOf(response),
      );
      const before = this.#state;
      for (const view of sender.checked(body, readViews)) this.#put(view);
      this.#errorsInARow = 0;
      if (before !== this.#state) this.#parts.table.tell();
      if (wanted !== this.#wanted) return 0; // of what is new nothing is known
      this.#cursor = textOrNull(asMembers(body)["cursor"]);
      return ASK_MS;
    } catch (cause) {
      const error = cause instanceof ClientError ? cause : sender.failure("network_error", cause);
      this.#errorsInARow += 1;
      this.#askedMs = Number.NEGATIVE_INFINITY;
      return Math.max(ASK_MS, retryWait(error, this.#errorsInARow, sender.environment).waitMs);
    }
  }

  #put(view: View): void {
    const known = this.#state.get(view.viewer);
    const last = known?.get(view.videoId);
    if (last !== undefined && !isNewerView(view, last)) return;
    this.#state = new Map(this.#state).set(view.viewer, new Map(known).set(view.videoId, view));
  }

  #forget(videoId: string, viewer: string): void {
    const rest = new Map(this.#state.get(viewer));
    if (rest.delete(videoId)) this.#state = new Map(this.#state).set(viewer, rest);
    for (const { videoIds, options } of this.#watches) {
      if (videoIds.includes(videoId)) callSafely(() => options.onGone?.({ videoId, viewer }));
    }
  }
}

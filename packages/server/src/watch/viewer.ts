import {
  isNews,
  isTerminal,
  refKey,
  type JobRef,
  type StatusFeed,
  type StoredSnapshot,
  type Subscription,
  type Unsubscribe,
} from "@statusplane/core";
import type { StreamBodies } from "@statusplane/core/wire";
import { namesBody } from "@statusplane/core/wire";
import type { Asked } from "../progress/index.ts";
import { BUFFER_MAX_BYTES, type Channel } from "./channel.ts";
import { FramedSnapshot, type Frames } from "./framed-snapshot.ts";
import type { FramedList, LiveLists } from "./live-lists.ts";
import { FramedView, type LiveViews } from "./live-views.ts";
import type { StreamCounts } from "./stream-counts.ts";
import { WatchedVideos } from "./watched-videos.ts";

export interface ViewerOptions {
  readonly feed: StatusFeed;
  readonly frames: Frames;
  readonly lists: LiveLists;
  /** Null: views are not told here. */
  readonly views: LiveViews | null;
  readonly counts: StreamCounts;
  /** Told when there is something to write. */
  readonly onUnsent: (viewer: Viewer) => void;
}

const LONG_AGO_MS = -1_000_000_000;

/** Something that is still to be written. */
interface Unsent {
  bytesFor(channel: Channel): Buffer;
}

/**
 * What one connection watches, and what of it is still to be written. The feed subscribes, then reads, then tells only what
 * is newer; of each job there is at most one unsent text, its latest, so that a slow reader gets the latest and never a
 * backlog.
 *
 * ```
 *   watch ─▶ snapshots, views… ─▶ missing? ─▶ list? ─▶ ready ─▶ snapshots, lists, views… ─▶ end, when all that is watched has ended
 * ```
 */
export class Viewer {
  readonly #options: ViewerOptions;
  /** In the order in which it is written; null: nothing, as mostly, and an empty map would be a sixth of what a viewer takes. */
  #unsent: Map<string, Unsent> | null = null;
  /** The newest of each job that this connection was told, or will be. */
  readonly #told = new Map<string, FramedSnapshot>();
  /** Keys of what is named. */
  #refs: readonly string[] = [];
  #asked: Asked | null = null;
  #subscription: Promise<Subscription> | null = null;
  #leaveLists: Unsubscribe | null = null;
  /** Null until it watches views: next to nobody does. */
  #videos: WatchedVideos | null = null;
  #turn: Promise<void> = Promise.resolve();
  #isWhole = false;
  #channel: Channel | null = null;
  #closed = false;
  /** When something was last written to it, monotonic ms, whole. */
  wroteAtMs = LONG_AGO_MS;
  /** Called when the end was written. */
  onEnd = nothing;

  constructor(options: ViewerOptions) {
    this.#options = options;
  }

  /** From now on it is written there. */
  attach(channel: Channel): void {
    this.#channel = channel;
    this.#options.onUnsent(this);
  }

  get hasUnsent(): boolean {
    return this.#unsent !== null && this.#unsent.size > 0;
  }

  /**
   * Watches this instead of what was watched before; what is told already is not told again. Of several that come at once
   * the last counts.
   * @throws {store_unavailable} when the subscription or the first read fails.
   */
  watch(asked: Asked): Promise<void> {
    this.#asked = asked;
    const turn = this.#turn.then(() =>
      this.#asked === asked && !this.#closed ? this.#change(asked) : undefined,
    );
    this.#turn = turn.catch(() => undefined); // told to whoever asked for it
    return turn;
  }

  /** A snapshot that may be news. */
  readonly tell = (snapshot: StoredSnapshot): void => {
    if (this.#closed) return;
    const framed = this.#options.frames.of(snapshot);
    const { key } = framed;
    const told = this.#told.get(key);
    if (!isNews(told?.snapshot ?? null, snapshot)) return;
    this.#told.set(key, framed);
    if (told !== undefined) framed.isUpdate = true;
    if (this.#unsent?.has(key) === true) this.#options.counts.superseded();
    this.#put(key, framed);
    if (this.#isWhole && isTerminal(snapshot.status)) this.#tellEnd();
  };

  /** The tenant's list, after the snapshots that it names. */
  tellList(list: FramedList): void {
    if (!this.#isWhole) return; // told once all that was asked for is
    this.#putLast("list", list);
    const ready = this.#unsent?.get("ready");
    if (ready !== undefined) this.#putLast("ready", ready); // it comes after all that was asked for
    const named = new Set(this.#refs);
    for (const key of this.#told.keys()) {
      const isWatched = list.keys.has(key) || named.has(key) || this.#unsent?.has(key) === true;
      if (!isWatched) this.#told.delete(key);
    }
  }

  /** What is new of somebody's view; the feed has left out what is not. That one is gone is said before what came after it. */
  #tellView(video: JobRef, view: FramedView): void {
    const key = viewsOf(refKey(video)) + view.viewer;
    if (view.name === "view") {
      if (this.#unsent?.has(key) === true) this.#options.counts.superseded();
      this.#put(key, view);
    } else {
      this.#unsent?.delete(key);
      this.#put(`${viewsOf(refKey(video), "gone")}${view.viewer}`, view);
    }
  }

  /** Another event, after all that is unsent. */
  say<Name extends keyof StreamBodies>(name: Name, body: StreamBodies[Name]): void {
    this.#putLast(name, { bytesFor: (channel) => channel.eventBytes(name, body) });
  }

  /** Writes as much as there is room for. @param nowMs monotonic, of this turn. */
  flush(nowMs: number): void {
    const channel = this.#channel;
    const all = this.#unsent;
    if (channel === null || all === null || all.size === 0 || !channel.hasRoom()) return;
    this.wroteAtMs = nowMs;
    // Mostly it is one text: to hold it back for others would cost more than to write it.
    if (all.size === 1) this.#write(channel, all);
    else channel.together(() => this.#write(channel, all));
  }

  #write(channel: Channel, all: Map<string, Unsent>): void {
    let isOver = false;
    for (const [key, unsent] of all) {
      const bytes = unsent.bytesFor(channel);
      const waiting = channel.waitingBytes();
      if (waiting > 0 && waiting + bytes.length > BUFFER_MAX_BYTES) break;
      all.delete(key);
      const hasRoom = channel.write(bytes);
      if (unsent instanceof FramedSnapshot) this.#options.counts.delivered(channel.transport, unsent);
      else if (unsent instanceof FramedView) this.#options.counts.viewsTold[channel.transport] += 1;
      if (key === "end") isOver = true;
      if (!hasRoom) break;
    }
    if (all.size === 0) this.#unsent = null;
    if (isOver) this.onEnd();
  }

  /** Watches nothing any more. A second close does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsent = null;
    const [subscription, leaveLists] = [this.#subscription, this.#leaveLists];
    this.#leaveLists = null;
    await Promise.allSettled([
      subscription?.then((each) => each.close()),
      leaveLists?.(),
      this.#videos?.close(),
    ]);
  }

  async #change(asked: Asked): Promise<void> {
    this.#isWhole = false;
    for (const name of ["missing", "list", "ready", "end"]) this.#unsent?.delete(name);
    await Promise.all([this.#watchList(asked), this.#watchRefs(asked), this.#watchViews(asked)]);
    if (this.#closed) return;
    const missing = asked.refs.filter((ref) => !this.#told.has(refKey(ref)));
    const absent = [...asked.hidden, ...missing];
    if (absent.length > 0) this.say("missing", namesBody(absent));
    const list = asked.tenant === null ? null : this.#options.lists.newest(asked.tenant);
    if (list !== null) this.#putLast("list", list);
    this.say("ready", {});
    this.#isWhole = true;
    this.#tellEnd();
  }

  async #watchRefs({ refs, tenant }: Asked): Promise<void> {
    const wanted = new Set(refs.map(refKey));
    const [before, list] = [this.#refs, tenant === null ? null : this.#options.lists.newest(tenant)];
    this.#refs = [...wanted];
    // Whoever asks again for what he left has forgotten it; what the list names he still sees.
    for (const key of tenant === null ? this.#told.keys() : before) {
      if (!wanted.has(key) && list?.keys.has(key) !== true) this.#forget(key);
    }
    if (this.#subscription === null) {
      if (refs.length === 0) return;
      const { feed } = this.#options;
      this.#subscription = feed.subscribe(refs, this.tell);
      this.#subscription.catch(() => (this.#subscription = null));
      await this.#subscription;
    } else {
      const subscription = await this.#subscription;
      await subscription.watch(refs);
    }
  }

  async #watchList({ tenant }: Asked): Promise<void> {
    const leave = this.#leaveLists;
    if (tenant === null) {
      this.#leaveLists = null;
      await leave?.();
    } else if (leave === null) {
      const joined = await this.#options.lists.join(tenant, this);
      if (this.#closed) return joined();
      this.#leaveLists = joined;
    }
  }

  async #watchViews({ views }: Asked): Promise<void> {
    if (this.#videos === null) {
      if (views.length === 0) return;
      this.#videos = new WatchedVideos(this.#options.views, (video, view) => this.#tellView(video, view));
    }
    await this.#videos.watch(views, (left) => {
      for (const key of this.#unsent?.keys() ?? []) {
        if (key.startsWith(viewsOf(left)) || key.startsWith(viewsOf(left, "gone"))) this.#unsent?.delete(key);
      }
    });
    if (this.#closed) await this.#videos.close();
  }

  #tellEnd(): void {
    if (this.#asked?.tenant !== null || this.#asked.views.length > 0) return;
    if (this.#refs.length === 0 || this.#asked.hidden.length > 0) return;
    for (const key of this.#refs) {
      const told = this.#told.get(key);
      if (told === undefined || !isTerminal(told.snapshot.status)) return;
    }
    this.say("end", {});
  }

  #forget(key: string): void {
    this.#told.delete(key);
    this.#unsent?.delete(key);
  }

  #put(key: string, unsent: Unsent): void {
    if (this.#closed) return;
    this.#unsent ??= new Map();
    this.#unsent.set(key, unsent);
    if (this.#channel !== null) this.#options.onUnsent(this);
  }

  #putLast(key: string, unsent: Unsent): void {
    this.#unsent?.delete(key);
    this.#put(key, unsent);
  }
}

/** One for all who wait for no end. */
const nothing = (): void => undefined;

/** What keys of a video's unsent views begin with; no job's key has a space. */
function viewsOf(videoKey: string, what: "view" | "gone" = "view"): string {
  return `${what} ${videoKey} `;
}

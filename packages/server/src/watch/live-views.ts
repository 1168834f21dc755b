import {
  faultFields,
  pause,
  refKey,
  systemClock,
  type JobRef,
  type StatusReader,
  type Unsubscribe,
  type ViewFeed,
  type ViewNews,
  type ViewStore,
} from "@statusplane/core";
import type { StreamBodies } from "@statusplane/core/wire";
import type { FastifyBaseLogger } from "fastify";
import { lengthsOf, viewBody } from "../views/reports/index.ts";
import type { Channel, Form } from "./channel.ts";

/** An event of a view with its bytes, made once for all connections of a form. */
export class FramedView<Name extends "view" | "view_gone" = "view" | "view_gone"> {
  readonly name: Name;
  readonly viewer: string;
  readonly #body: StreamBodies[Name];
  readonly #bytes = new Map<Form, Buffer>();

  constructor(name: Name, body: StreamBodies[Name]) {
    this.name = name;
    this.viewer = body.viewer;
    this.#body = body;
  }

  bytesFor(channel: Channel): Buffer {
    const known = this.#bytes.get(channel.form);
    if (known !== undefined) return known;
    const made = channel.eventBytes(this.name, this.#body);
    this.#bytes.set(channel.form, made);
    return made;
  }
}

/** Who is told of a video's views. */
export type TellView = (video: JobRef, view: FramedView) => void;

export interface LiveViewsOptions {
  readonly feed: ViewFeed;
  readonly views: Pick<ViewStore, "readPolicies" | "nowMs">;
  readonly reader: Pick<StatusReader, "readMany">;
  readonly log: Pick<FastifyBaseLogger, "warn">;
}

/** What is wrong with the store is mended by asking again so much later, ms. */
const RETRY_MS = 1_000;

/**
 * What is watched of videos: per video and process one watch of its views, each made into a body once, for everybody who
 * looks, for as long as somebody does.
 */
export class LiveViews {
  readonly #options: LiveViewsOptions;
  readonly #videos = new Map<string, VideoLive>();

  constructor(options: LiveViewsOptions) {
    this.#options = options;
  }

  /**
   * Tells the views that are known now, and whenever one is news.
   * @returns how to leave.
   * @throws {store_unavailable}
   */
  async join(video: JobRef, tell: TellView): Promise<Unsubscribe> {
    const key = refKey(video);
    let live = this.#videos.get(key);
    if (live === undefined) this.#videos.set(key, (live = new VideoLive(video, this.#options)));
    const joined = live;
    joined.users += 1;
    const leave = async (): Promise<void> => {
      joined.listeners.delete(tell);
      joined.users -= 1;
      if (joined.users > 0) return;
      if (this.#videos.get(key) === joined) this.#videos.delete(key);
      await joined.close();
    };
    try {
      await joined.opening;
    } catch (error) {
      if (this.#videos.get(key) === joined) this.#videos.delete(key); // the next one asks anew
      await leave();
      throw error;
    }
    joined.listeners.add(tell);
    for (const view of joined.newest.values()) tell(video, view);
    return leave;
  }
}

/** Remembered of one video for whoever comes later. */
const MAX_VIEWERS = 1_000;

class VideoLive {
  /** Whoever has joined or is about to. */
  users = 0;
  readonly listeners = new Set<TellView>();
  /** By viewer, those without news first. */
  readonly newest = new Map<string, FramedView>();
  readonly opening: Promise<void>;
  readonly #video: JobRef;
  readonly #options: LiveViewsOptions;
  /** News that are not told yet: of each viewer the latest, and that an earlier one is gone. */
  readonly #untold = new Map<string, ViewNews>();
  readonly #gone = new Set<string>();
  #unwatch: Unsubscribe | null = null;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(video: JobRef, options: LiveViewsOptions) {
    this.#video = video;
    this.#options = options;
    this.opening = this.#open();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.opening.catch(() => undefined); // told to those who joined
    await this.#unwatch?.();
  }

  async #open(): Promise<void> {
    const { tenant, id } = this.#video;
    this.#unwatch = await this.#options.feed.watchViews(tenant, id, (news) => {
      for (const each of news) {
        if (each.state === null) this.#gone.add(each.ref.viewer);
        this.#untold.set(each.ref.viewer, each);
      }
      this.#tellSoon();
    });
    await this.#turn; // who comes first is told what is there first
  }

  #tellSoon(): void {
    const { log } = this.#options;
    this.#turn = this.#turn
      .then(() => this.#tell())
      .catch(async (error: unknown) => {
        log.warn(faultFields(error), "could not read what makes a view's body");
        void pause(systemClock, RETRY_MS).then(() => this.#closed || this.#tellSoon());
      });
  }

  /** What is untold stays so until all that its bodies are made of is there. */
  async #tell(): Promise<void> {
    if (this.#closed || this.#untold.size === 0) return;
    const { views, reader } = this.#options;
    const { tenant, id } = this.#video;
    const [[length], policies, nowMs] = await Promise.all([
      lengthsOf(reader, tenant, [id]),
      views.readPolicies(tenant, [id]),
      views.nowMs(),
    ]);
    const policy = policies?.[0]?.policy;
    for (const [viewer, { ref, state }] of this.#untold) {
      if (this.#gone.delete(viewer)) this.#tellAll(new FramedView("view_gone", { video: id, viewer }));
      if (state !== null) {
        if (policy === undefined) continue; // the store lost them: the next report has them put in, and is told with this
        const about = { ref, state, watched: null, lengthSeconds: length ?? 0, policy };
        const body = viewBody({ ...about, viewer: { viewer, groups: [] }, nowMs });
        this.#tellAll(new FramedView("view", body));
      }
      this.#untold.delete(viewer);
    }
  }

  #tellAll(view: FramedView): void {
    this.newest.delete(view.viewer);
    if (view.name === "view") this.newest.set(view.viewer, view);
    const [first] = this.newest.keys();
    if (this.newest.size > MAX_VIEWERS && first !== undefined) this.newest.delete(first);
    for (const tell of [...this.listeners]) tell(this.#video, view);
  }
}

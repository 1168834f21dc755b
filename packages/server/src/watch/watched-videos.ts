import { refKey, StatusplaneError, type JobRef, type Unsubscribe } from "@statusplane/core";
import type { LiveViews, TellView } from "./live-views.ts";

/** The videos whose views one connection is told. */
export class WatchedVideos {
  readonly #live: LiveViews | null;
  readonly #tell: TellView;
  readonly #joined = new Map<string, Unsubscribe>();

  /** @param live null: this process does not tell views. */
  constructor(live: LiveViews | null, tell: TellView) {
    this.#live = live;
    this.#tell = tell;
  }

  /**
   * Watches these instead of those before; one call after another.
   * @param onLeft told of each that is left.
   * @throws {store_unavailable | not_served_here}
   */
  async watch(videos: readonly JobRef[], onLeft: (key: string) => void): Promise<void> {
    const wanted = new Map(videos.map((video) => [refKey(video), video]));
    for (const [key, leave] of this.#joined) {
      if (wanted.has(key)) continue;
      this.#joined.delete(key);
      onLeft(key);
      await leave();
    }
    const added = [...wanted].filter(([key]) => !this.#joined.has(key));
    if (added.length === 0) return;
    const live = this.#live;
    if (live === null) throw new StatusplaneError("not_served_here");
    const outcomes = await Promise.allSettled(
      added.map(async ([key, video]) => void this.#joined.set(key, await live.join(video, this.#tell))),
    );
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  /** Leaves all. */
  async close(): Promise<void> {
    const leaves = [...this.#joined.values()];
    this.#joined.clear();
    await Promise.allSettled(leaves.map((leave) => leave()));
  }
}

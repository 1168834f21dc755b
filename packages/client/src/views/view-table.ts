import { isNewerView, type SecondsRange, type View } from "@statusplane/core/wire";
import { mergeRanges, rangesOf } from "./watched-seconds.ts";

/** The newest that is known of each video, with what was watched here since it was told. */
export class ViewTable {
  readonly #views = new Map<string, View>();
  readonly #watchedHere = new Map<string, readonly SecondsRange[]>();
  readonly #listeners = new Set<() => void>();

  /** The same object while nothing changed. */
  get(videoId: string): View | undefined {
    return this.#views.get(videoId);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What a server told; what is older than known changes nothing but what was seen. */
  take(view: View): void {
    const known = this.#views.get(view.videoId);
    const newest = known === undefined || !isNewerView(known, view) ? view : known;
    const here = this.#watchedHere.get(view.videoId) ?? [];
    const isSeenKnown = view.seen !== null || (known?.seen ?? null) !== null;
    const seen = isSeenKnown ? mergeRanges([...(view.seen ?? []), ...(known?.seen ?? []), ...here]) : null;
    this.#views.set(view.videoId, { ...newest, seen });
    this.#tell();
  }

  /** Seconds that were watched here just now. */
  watched(videoId: string, seconds: readonly number[]): void {
    if (seconds.length === 0) return;
    const ranges = rangesOf(seconds);
    this.#watchedHere.set(videoId, mergeRanges([...(this.#watchedHere.get(videoId) ?? []), ...ranges]));
    const known = this.#views.get(videoId);
    if (known === undefined || known.seen === null) return;
    this.#views.set(videoId, { ...known, seen: mergeRanges([...known.seen, ...ranges]) });
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

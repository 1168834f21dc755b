import { isId } from "@statusplane/core";
import { callSafely } from "./call-safely.ts";
import { isOver, isPolled, newWatch, reduceWatch, type WatchEvent, type WatchState } from "./watch-state.ts";
import { watchKey, type WatchedJob, type WatchRef } from "./watched-job.ts";

/** Jobs that nobody watches any more are kept up to this number, so that a component mounted again has them. */
const MAX_UNWATCHED = 500;

/** Is told the job as it is shown now. */
export type JobListener = (job: WatchedJob) => void;
/** What happened to which job. */
export type Occurrence = readonly [ref: WatchRef, event: WatchEvent];

/**
 * What is known of each job, and who watches it. Changes come as groups of events; a group is told once, after all of
 * it is applied. Listeners cannot stop it: what they throw surfaces as an uncaught error.
 */
export class WatchTable {
  readonly #now: () => number;
  readonly #states = new Map<string, WatchState>();
  readonly #watchers = new Map<string, Set<JobListener>>();
  readonly #subscribers = new Set<() => void>();
  readonly #onApplied: () => void;
  #snapshot: ReadonlyMap<string, WatchedJob> = new Map();

  /** `onApplied` is called after every group, whether or not anything shown has changed. */
  constructor(now: () => number, onApplied: () => void) {
    this.#now = now;
    this.#onApplied = onApplied;
  }

  /** Adds a watcher; the answer removes it. */
  watch(ref: WatchRef, listener: JobListener): () => void {
    const key = watchKey(ref);
    const isFirst = !this.#watchers.has(key);
    const end = this.#add(ref, listener);
    if (!isId(ref.id)) this.apply([[ref, { type: "not_found" }]]);
    else if (isFirst || isOver(this.#states.get(key)))
      this.apply([[ref, { type: "watched", atMs: this.#now() }]]);
    return end;
  }

  /** As {@link watch}, without looking anew at what has ended, and with nobody to tell. */
  keep(ref: WatchRef): () => void {
    return this.#states.has(watchKey(ref)) ? this.#add(ref, () => {}) : this.watch(ref, () => {});
  }

  subscribe(subscriber: () => void): () => void {
    const own = () => subscriber();
    this.#subscribers.add(own);
    return () => {
      this.#subscribers.delete(own);
    };
  }

  get snapshot(): ReadonlyMap<string, WatchedJob> {
    return this.#snapshot;
  }

  state(ref: WatchRef): WatchState | undefined {
    return this.#states.get(watchKey(ref));
  }

  /** Watched jobs that the batch shall name, in the order in which they became known. */
  polled(): readonly WatchState[] {
    return this.#watched().filter(isPolled);
  }

  /** Watched jobs of which detail is to be asked, the most urgent first. */
  toAsk(): readonly (WatchState & { readonly askAtMs: number })[] {
    return this.#watched()
      .filter((state): state is WatchState & { readonly askAtMs: number } => state.askAtMs !== null)
      .sort((a, b) => a.askAtMs - b.askAtMs);
  }

  /** Applies a group of events, then tells. */
  apply(occurrences: readonly Occurrence[]): void {
    const changed = new Map<string, WatchedJob>();
    for (const [ref, event] of occurrences) {
      const key = watchKey(ref);
      const before = this.#states.get(key);
      const after = reduceWatch(before ?? newWatch(ref, this.#now()), event);
      this.#states.set(key, after);
      if (after.job !== before?.job) changed.set(key, after.job);
    }
    this.#onApplied();
    if (changed.size > 0) this.#changed(changed);
  }

  clear(): void {
    this.#watchers.clear();
    this.#subscribers.clear();
  }

  /** Tells the subscribers, of something that belongs to no job. */
  tell(): void {
    for (const subscriber of [...this.#subscribers]) callSafely(subscriber);
  }

  #add(ref: WatchRef, listener: JobListener): () => void {
    const key = watchKey(ref);
    const watcher: JobListener = (job) => listener(job); // an object of its own: a listener may watch twice
    const watchers = this.#watchers.get(key) ?? new Set();
    this.#watchers.set(key, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size > 0 || this.#watchers.get(key) !== watchers) return;
      this.#watchers.delete(key);
      this.#forgetOldest();
      this.#onApplied();
    };
  }

  #changed(changed: ReadonlyMap<string, WatchedJob>): void {
    this.#snapshot = new Map([...this.#snapshot, ...changed]);
    this.#forgetOldest();
    for (const [key, job] of changed) {
      for (const watcher of [...(this.#watchers.get(key) ?? [])]) callSafely(() => watcher(job));
    }
    this.tell();
  }

  #watched(): WatchState[] {
    const states: WatchState[] = [];
    for (const key of this.#watchers.keys()) {
      const state = this.#states.get(key);
      if (state !== undefined) states.push(state);
    }
    return states;
  }

  #forgetOldest(): void {
    let excess = this.#states.size - this.#watchers.size - MAX_UNWATCHED;
    if (excess <= 0) return;
    const kept = new Map(this.#snapshot);
    for (const key of this.#states.keys()) {
      if (excess <= 0) break;
      if (this.#watchers.has(key)) continue;
      this.#states.delete(key);
      kept.delete(key);
      excess -= 1;
    }
    this.#snapshot = kept;
  }
}

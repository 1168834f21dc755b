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
export interface WatchTable {
  readonly snapshot: ReadonlyMap<string, WatchedJob>;
  /** Adds a watcher; the answer removes it. */
  watch(ref: WatchRef, listener: JobListener): () => void;
  /** As {@link watch}, without looking anew at what has ended, and with nobody to tell. */
  keep(ref: WatchRef): () => void;
  subscribe(subscriber: () => void): () => void;
  state(ref: WatchRef): WatchState | undefined;
  /** Watched jobs that the batch shall name, in the order in which they became known. */
  polled(): readonly WatchState[];
  /** Applies a group of events, then tells. */
  apply(occurrences: readonly Occurrence[]): void;
  /** Tells the subscribers, of something that belongs to no job. */
  tell(): void;
  clear(): void;
}

/** @param onApplied called after every group, whether or not anything shown has changed, and when a watch ends. */
export function createWatchTable(
  now: () => number,
  onApplied: (occurrences: readonly Occurrence[]) => void,
): WatchTable {
  const states = new Map<string, WatchState>();
  const watchers = new Map<string, Set<JobListener>>();
  const subscribers = new Set<() => void>();
  let snapshot: ReadonlyMap<string, WatchedJob> = new Map();

  function watch(ref: WatchRef, listener: JobListener): () => void {
    const key = watchKey(ref);
    const isFirst = !watchers.has(key);
    const end = add(key, listener);
    if (!isId(ref.id)) apply([[ref, { type: "not_found" }]]);
    else if (isFirst || isOver(states.get(key))) apply([[ref, { type: "watched", atMs: now() }]]);
    return end;
  }

  function add(key: string, listener: JobListener): () => void {
    const watcher: JobListener = (job) => listener(job); // an object of its own: a listener may watch twice
    const all = watchers.get(key) ?? new Set();
    watchers.set(key, all.add(watcher));
    return () => {
      all.delete(watcher);
      if (all.size > 0 || watchers.get(key) !== all) return;
      watchers.delete(key);
      forgetOldest();
      onApplied([]);
    };
  }

  function apply(occurrences: readonly Occurrence[]): void {
    const changed = new Map<string, WatchedJob>();
    for (const [ref, event] of occurrences) {
      const key = watchKey(ref);
      const before = states.get(key);
      const after = reduceWatch(before ?? newWatch(ref, now()), event);
      states.set(key, after);
      if (after.job !== before?.job) changed.set(key, after.job);
    }
    onApplied(occurrences);
    if (changed.size === 0) return;
    snapshot = new Map([...snapshot, ...changed]);
    forgetOldest();
    for (const [key, job] of changed) {
      for (const watcher of [...(watchers.get(key) ?? [])]) callSafely(() => watcher(job));
    }
    tell();
  }

  function tell(): void {
    for (const subscriber of [...subscribers]) callSafely(subscriber);
  }

  const watched = (): WatchState[] => [...watchers.keys()].flatMap((key) => states.get(key) ?? []);

  function forgetOldest(): void {
    if (states.size <= watchers.size + MAX_UNWATCHED) return;
    const unwatched = [...states.keys()].filter((key) => !watchers.has(key));
    const kept = new Map(snapshot);
    for (const key of unwatched.slice(0, -MAX_UNWATCHED)) {
      states.delete(key);
      kept.delete(key);
    }
    snapshot = kept;
  }

  return {
    get snapshot() {
      return snapshot;
    },
    watch,
    keep: (ref) => (states.has(watchKey(ref)) ? add(watchKey(ref), () => {}) : watch(ref, () => {})),
    subscribe(subscriber) {
      const own = () => subscriber();
      subscribers.add(own);
      return () => {
        subscribers.delete(own);
      };
    },
    state: (ref) => states.get(watchKey(ref)),
    polled: () => watched().filter(isPolled),
    apply,
    tell,
    clear() {
      watchers.clear();
      subscribers.clear();
    },
  };
}

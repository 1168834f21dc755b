import { watchKey, type WatchRef } from "@statusplane/client";
import { observableValue, type ObservableValue } from "../browser/index.ts";
import { mintedAt } from "../job/index.ts";

/** The jobs this page shows, newest first: they stay after their end, until someone takes them off. */
export class TrackedJobs {
  readonly refs: ObservableValue<readonly WatchRef[]> = observableValue<readonly WatchRef[]>([]);
  readonly #dismissed = new Set<string>();

  /** A job that somebody on this page submitted or retried: on top, even if it was taken off before. */
  add(ref: WatchRef): void {
    this.#dismissed.delete(watchKey(ref));
    this.refs.set([ref, ...this.#without(ref)]);
  }

  /** Jobs found running: below what is there already, the newest first as far as their ids tell. */
  found(refs: readonly WatchRef[]): void {
    const known = new Set(this.refs.get().map(watchKey));
    const fresh = refs.filter((ref) => !known.has(watchKey(ref)) && !this.#dismissed.has(watchKey(ref)));
    const newestFirst = fresh.toSorted((a, b) => (mintedAt(b.id) ?? "").localeCompare(mintedAt(a.id) ?? ""));
    if (fresh.length > 0) this.refs.set([...this.refs.get(), ...newestFirst]);
  }

  dismiss(ref: WatchRef): void {
    this.#dismissed.add(watchKey(ref));
    this.refs.set(this.#without(ref));
  }

  #without(ref: WatchRef): readonly WatchRef[] {
    return this.refs.get().filter((other) => watchKey(other) !== watchKey(ref));
  }
}

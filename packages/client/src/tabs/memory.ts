import type { LiveList } from "@statusplane/core/wire";
import type { Delivery, Wanted } from "../transport/delivery.ts";
import { watchKey, type WatchRef } from "../watched-job.ts";

/** The jobs of one reader that are told at the same time: what tabs want, live ones, and the last ends. */
const MAX_BODIES = 500;

/** What the leading tab was told last of each job, for a tab that comes later: the server says it only once. */
export class Memory {
  readonly #bodies = new Map<string, readonly [WatchRef, unknown]>();
  #list: LiveList | null = null;

  take({ snapshots = [], list }: Delivery): void {
    for (const told of snapshots) {
      const key = watchKey(told[0]);
      this.#bodies.delete(key); // the newest last
      this.#bodies.set(key, told);
    }
    this.#list = list ?? this.#list;
    for (const key of this.#bodies.keys()) {
      if (this.#bodies.size <= MAX_BODIES) break;
      this.#bodies.delete(key);
    }
  }

  /** What is known of it. */
  of({ refs, active }: Wanted): Delivery {
    const list = active ? this.#list : null;
    const listed = list === null ? [] : [...list.live, ...list.ended.map(({ ref }) => ref)];
    const snapshots = [...refs, ...listed].flatMap((ref) => {
      const told = this.#bodies.get(watchKey(ref));
      return told === undefined ? [] : [told];
    });
    return { snapshots, ...(list === null ? {} : { list }), serverNowMs: null };
  }

  clear(): void {
    this.#bodies.clear();
    this.#list = null;
  }
}

import type { ActiveJobs } from "./active-jobs.ts";
import type { DetailAsker } from "./detail-asker.ts";
import type { WatchedViews } from "./live-views.ts";
import type { Sender } from "./sender.ts";
import type { JobWatcher } from "./statusplane-client.ts";
import type { Delivering } from "./transport/delivering.ts";
import type { WatchTable } from "./watch-table.ts";

/** What a watcher is made of. */
export interface WatcherParts {
  readonly table: WatchTable;
  readonly sender: Sender;
  readonly delivering: Delivering;
  /** The tenant's live list; null before somebody has wanted it. */
  active: ActiveJobs | null;
  /** Who asks records of jobs that the status store does not know; null: nobody. */
  asker: DetailAsker | null;
  /** What is watched of videos; undefined before somebody has wanted it. */
  views?: WatchedViews;
}

const parts = new WeakMap<JobWatcher, WatcherParts>();

export function keepParts(watcher: JobWatcher, made: WatcherParts): void {
  parts.set(watcher, made);
}

/** For the functions of this package that take a watcher. @throws {TypeError} for one that it has not made. */
export function partsOf(watcher: JobWatcher): WatcherParts {
  const made = parts.get(watcher);
  if (made === undefined) throw new TypeError("not a watcher of this package");
  return made;
}

/**
 * A client that only watches, and only by polling: for a page to which every kilobyte counts, or where nothing but plain
 * requests comes through. The code of the streams is no part of this entry; what else concerns watched jobs is in
 * `./features`.
 */
import type { JobWatcher, WatcherOptions } from "./statusplane-client.ts";
import { Watcher } from "./watcher.ts";

export type { JobWatcher, WatcherOptions } from "./statusplane-client.ts";
export { isEnded, isSuccess, type WatchedJob, type WatchRef } from "./watched-job.ts";

/** As `createWatcher` of `./watch`, by polling alone, whatever `transport` says. */
export function createWatcher(options: WatcherOptions): JobWatcher {
  return new Watcher(options, null);
}

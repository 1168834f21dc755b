/**
 * A client that only watches, and only by polling: for a page to which every kilobyte counts, or where nothing but plain
 * requests comes through. The code of the streams is no part of this entry.
 */
import type { StatusplaneWatcher, WatcherOptions } from "./statusplane-client.ts";
import { Watcher } from "./watcher.ts";

export type { StatusplaneWatcher, WatcherOptions } from "./statusplane-client.ts";
export { isEnded, isSuccess, type WatchedJob, type WatchRef } from "./watched-job.ts";

/** As `createWatcher` of `./watch`, by polling alone, whatever `transport` says. */
export function createWatcher(options: WatcherOptions): StatusplaneWatcher {
  return new Watcher(options, null);
}

/** A client that only watches, by every transport: without submit, history and the rest of the HTTP interface. */
import type { StatusplaneWatcher, WatcherOptions } from "./statusplane-client.ts";
import { browserPush, withStreams } from "./transport/browser-push.ts";
import { Watcher } from "./watcher.ts";

export type { StatusplaneWatcher, WatcherOptions } from "./statusplane-client.ts";
export { isEnded, isSuccess, type WatchedJob, type WatchRef } from "./watched-job.ts";

/**
 * Makes the tab's watcher. Make one and share it.
 *
 * @example
 * const watcher = createWatcher({ getToken });
 * const job = await watcher.wait({ kind: "job", id: "import-1" });
 */
export function createWatcher(options: WatcherOptions): StatusplaneWatcher {
  return new Watcher(withStreams(options), browserPush);
}

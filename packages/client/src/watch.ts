/**
 * A client that only watches, by every transport: without submit, history and the rest of the HTTP interface. What else
 * concerns watched jobs is in `./features`.
 */
import type { JobWatcher, WatcherOptions } from "./statusplane-client.ts";
import { browserPush, withStreams } from "./transport/browser-push.ts";
import { Watcher } from "./watcher.ts";

export type { JobWatcher, WatcherOptions } from "./statusplane-client.ts";
export { isEnded, isSuccess, type WatchedJob, type WatchRef } from "./watched-job.ts";

/**
 * Makes the tab's watcher. Make one and share it. It asks nobody for records: a job that the status store does not know
 * is gone after 30 s, unless the page calls `askRecords`. Its errors' `detail` is the code in words.
 *
 * @example
 * const watcher = createWatcher({ getToken });
 * askRecords(watcher);
 * const job = await waitFor(watcher, { kind: "job", id: "import-1" });
 */
export function createWatcher(options: WatcherOptions): JobWatcher {
  return new Watcher(withStreams(options), browserPush);
}

/**
 * The names that pages of an older polling frontend call, over the client and its React provider: the hook whose
 * functions watch jobs under the page's own task ids, the store that its bars read, and the poll schedule. Imports the
 * client beside it, core and React. A new page uses `..` and `../react` instead.
 */
export { getPollInterval } from "@statusplane/core";
export {
  asyncStatusStore,
  type AsyncStatus,
  type AsyncStatusStore,
  type AsyncStep,
} from "./async-status-store.ts";
export type { OnSuccess, TaskPoller } from "./task-poller.ts";
export { useWorkerJobPoller } from "./use-worker-job-poller.ts";

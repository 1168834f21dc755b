import { taskPollerOf, type TaskPoller } from "../task-poller.ts";
import { useClient } from "./provider.tsx";

/**
 * The note's hook: begins watches under the page's own ids and feeds `asyncStatusStore`. A watch belongs to the page,
 * not to the component: it goes on after an unmount, until `stop` or the client's end, so a closed dialog leaves no
 * bar standing still.
 */
export function useWorkerJobPoller(): TaskPoller {
  return taskPollerOf(useClient());
}

"use client";

import { useClient } from "../react/provider.tsx";
import { taskPollerOf, type TaskPoller } from "./task-poller.ts";

/**
 * Begins watches under the page's own ids and feeds `asyncStatusStore`. A watch belongs to the page, not to the
 * component: it goes on after an unmount, until `stop` or the client's end, so a closed dialog leaves no bar standing
 * still.
 *
 * @example
 * const { pollVideoJob } = useWorkerJobPoller();
 * pollVideoJob("upload-1", 42, () => show("Done"));
 */
export function useWorkerJobPoller(): TaskPoller {
  return taskPollerOf(useClient());
}

import { useSyncExternalStore } from "react";
import { asyncStatusStore, type AsyncStatus } from "../async-status-store.ts";

/** The page's tray by task id. */
export function useAsyncStatuses(): ReadonlyMap<string, AsyncStatus> {
  return useSyncExternalStore(
    asyncStatusStore.subscribe,
    asyncStatusStore.getSnapshot,
    asyncStatusStore.getSnapshot,
  );
}

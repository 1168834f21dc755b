"use client";

import { useCallback, useSyncExternalStore } from "react";
import type { ConnectionStatus } from "../statusplane-client.ts";
import { useClient } from "./provider.tsx";

/** How news comes now: see `ConnectionStatus`. */
export function useConnectionStatus(): ConnectionStatus {
  const client = useClient();
  const subscribe = useCallback((listener: () => void) => client.subscribe(listener), [client]);
  const read = (): ConnectionStatus => client.connectionStatus;
  return useSyncExternalStore(subscribe, read, read);
}

"use client";

import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import type { ActiveList } from "../active-jobs.ts";
import type { ClientError } from "../client-error.ts";
import type { WatchedJob } from "../watched-job.ts";
import { selectJobs } from "./job-selection.ts";
import { useClient } from "./provider.tsx";

/** What {@link useActiveJobs} answers. */
export interface ActiveJobs {
  /** The tenant's live jobs, then those that have ended lately, the newest first. */
  readonly jobs: readonly WatchedJob[];
  /** How many live jobs there are beyond these. */
  readonly more: number;
  /** Job types that no worker can run now → the reason's code. */
  readonly waiting: Readonly<Record<string, string>>;
  /** Asks the list now; it comes by itself, too. */
  refresh(): void;
  /** Until the first answer. */
  readonly isLoading: boolean;
  /** Why the list is not told now; it is asked again with backoff, and what is known stays. */
  readonly error: ClientError | null;
}

/**
 * The tenant's live jobs and its last ends, as they change: what anybody of the tenant submits, cancels or retries is
 * here by itself. No database statement.
 *
 * @example
 * const { jobs, more, isLoading, error, refresh } = useActiveJobs();
 * show(isLoading ? "…" : `${jobs.length + more} jobs`, error?.detail);
 * const again = <button onClick={refresh}>Refresh</button>;
 */
export function useActiveJobs(): ActiveJobs {
  const client = useClient();
  useEffect(() => client.watchActive(), [client]);
  const subscribe = useCallback((listener: () => void) => client.subscribe(listener), [client]);
  const readList = (): ActiveList => client.getActive();
  const readWaiting = (): Readonly<Record<string, string>> => client.waiting();
  const { refs, more, isLoading, error } = useSyncExternalStore(subscribe, readList, readList);
  const waiting = useSyncExternalStore(subscribe, readWaiting, readWaiting);
  const { select } = useMemo(() => selectJobs(client, refs), [client, refs]);
  const jobs = useSyncExternalStore(subscribe, select, select);
  const refresh = useCallback(() => {
    client.loadActive().catch(() => undefined); // the list's own asking tells why
  }, [client]);
  return { jobs, more, waiting, refresh, isLoading, error };
}

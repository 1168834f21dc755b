import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { loadActiveUntilAnswered } from "../active-load.ts";
import type { ClientError } from "../client-error.ts";
import type { StatusplaneClient } from "../statusplane-client.ts";
import { watchKey, type WatchedJob, type WatchRef } from "../watched-job.ts";
import { useClient } from "./provider.tsx";
import { useJobs } from "./use-jobs.ts";

/** What {@link useActiveJobs} answers. */
export interface ActiveJobs {
  /** What was live when last asked, followed to its end; it then stays. */
  readonly jobs: readonly WatchedJob[];
  /** How many live jobs there are beyond these. */
  readonly more: number;
  /** Job types that no worker can run now → the reason's code. */
  readonly waiting: Readonly<Record<string, string>>;
  /** Asks the list again; jobs already here stay. */
  refresh(): void;
  /** Until the first answer. */
  readonly isLoading: boolean;
  /** Why the list has not been answered yet; it is asked again with backoff. */
  readonly error: ClientError | null;
}

interface Listed {
  readonly refs: readonly WatchRef[];
  readonly more: number;
  readonly isLoading: boolean;
  readonly error: ClientError | null;
}

const NOTHING_YET: Listed = { refs: [], more: 0, isLoading: true, error: null };

/**
 * The tenant's live jobs: the list is asked at mount (no database statement), then each is watched by reference.
 *
 * @example
 * const { jobs, more, isLoading, error, refresh } = useActiveJobs();
 * show(isLoading ? "…" : `${jobs.length + more} running`, error?.detail);
 * const again = <button onClick={refresh}>Refresh</button>;
 */
export function useActiveJobs(): ActiveJobs {
  const client = useClient();
  const [listed, setListed] = useState(NOTHING_YET);
  const endLoad = useRef<(() => void) | null>(null);
  const refresh = useCallback(() => {
    endLoad.current?.();
    endLoad.current = loadActiveUntilAnswered(client, {
      onAnswer: ({ refs, more }) =>
        setListed((before) => ({ refs: union(refs, before.refs), more, isLoading: false, error: null })),
      onError: (error) => setListed((before) => ({ ...before, error })),
    });
  }, [client]);
  useEffect(() => {
    refresh();
    return () => endLoad.current?.();
  }, [refresh]);
  const jobs = useJobs(listed.refs);
  const waiting = useWaiting(client);
  const { more, isLoading, error } = listed;
  return { jobs, more, waiting, refresh, isLoading, error };
}

function useWaiting(client: StatusplaneClient): Readonly<Record<string, string>> {
  const subscribe = useCallback((listener: () => void) => client.subscribe(listener), [client]);
  const read = () => client.waiting();
  return useSyncExternalStore(subscribe, read, read);
}

function union(first: readonly WatchRef[], then: readonly WatchRef[]): readonly WatchRef[] {
  const keys = new Set(first.map(watchKey));
  return [...first, ...then.filter((ref) => !keys.has(watchKey(ref)))];
}

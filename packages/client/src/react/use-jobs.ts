import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { StatusplaneClient } from "../statusplane-client.ts";
import { unknownJob, watchKey, type WatchedJob, type WatchRef } from "../watched-job.ts";
import { useClient } from "./provider.tsx";

const NONE: readonly WatchRef[] = [];

/** The job as it is shown now; watched while mounted. Null watches nothing and answers undefined. */
export function useJob(ref: WatchRef | null): WatchedJob | undefined {
  return useJobs(ref === null ? NONE : [ref])[0];
}

/**
 * The jobs in the order of the refs; watched while mounted. The array is the same while none of them has changed. The
 * refs may be a new array at each render: only what is new in it begins a watch.
 */
export function useJobs(refs: readonly WatchRef[]): readonly WatchedJob[] {
  const client = useClient();
  const keys = refs.map(watchKey).join(" ");
  // Refs with equal keys are equal, so the first array of these keys serves for all.
  const stableRefs = useMemo(() => refs, [keys]); // eslint-disable-line react-hooks/exhaustive-deps
  useWatches(client, stableRefs);
  const { subscribe, select } = useMemo(() => createSelection(client, stableRefs), [client, stableRefs]);
  return useSyncExternalStore(subscribe, select, select);
}

function useWatches(client: StatusplaneClient, refs: readonly WatchRef[]): void {
  const watches = useRef(new Map<string, () => void>());
  useEffect(() => {
    const wanted = new Map(refs.map((ref) => [watchKey(ref), ref]));
    for (const [key, ref] of wanted) {
      if (!watches.current.has(key)) watches.current.set(key, client.watch(ref));
    }
    for (const [key, end] of watches.current) {
      if (wanted.has(key)) continue;
      watches.current.delete(key);
      end();
    }
  }, [client, refs]);
  useEffect(() => {
    const open = watches.current;
    return () => {
      for (const end of open.values()) end();
      open.clear();
    };
  }, [client]);
}

function createSelection(client: StatusplaneClient, refs: readonly WatchRef[]) {
  const unknown = refs.map(unknownJob);
  let last: readonly WatchedJob[] = unknown;
  return {
    subscribe: (listener: () => void) => client.subscribe(listener),
    select: (): readonly WatchedJob[] => {
      const jobs = refs.map((ref, i) => client.get(ref) ?? unknown[i] ?? unknownJob(ref));
      if (jobs.some((job, i) => job !== last[i])) last = jobs;
      return last;
    },
  };
}

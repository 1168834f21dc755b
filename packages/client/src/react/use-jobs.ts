import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { StatusplaneClient } from "../statusplane-client.ts";
import { unknownJob, watchKey, type WatchedJob, type WatchRef } from "../watched-job.ts";
import { useClient } from "./provider.tsx";

const NONE: readonly WatchRef[] = [];

/**
 * The job as it is shown now; watched while mounted. Null watches nothing and answers undefined.
 *
 * @example
 * const job = useJob({ kind: "video", id: "42" });
 * show(job?.status, job?.percent, job?.step?.name);
 */
export function useJob(ref: WatchRef | null): WatchedJob | undefined {
  return useJobs(ref === null ? NONE : [ref])[0];
}

/**
 * The jobs in the order of the refs; watched while mounted. The array is the same while none of them has changed. The
 * refs may be a new array at each render: only what is new in it begins a watch.
 *
 * @example
 * const jobs = useJobs(["a", "b"].map((id) => ({ kind: "job", id })));
 * show(`${jobs.filter(isSuccess).length} of ${jobs.length} done`);
 */
export function useJobs(refs: readonly WatchRef[]): readonly WatchedJob[] {
  const client = useClient();
  const text = JSON.stringify(refs.map(({ kind, id }) => ({ kind, id })));
  const stableRefs = useMemo(() => JSON.parse(text) as readonly WatchRef[], [text]); // the text of refs, just above
  useWatches(client, stableRefs);
  const { subscribe, select } = useMemo(() => createSelection(client, stableRefs), [client, stableRefs]);
  return useSyncExternalStore(subscribe, select, select);
}

function useWatches(client: StatusplaneClient, refs: readonly WatchRef[]): void {
  const watches = useMemo(() => new WatchSet(client), [client]);
  useEffect(() => watches.replace(refs), [watches, refs]);
  useEffect(() => () => watches.replace(NONE), [watches]);
}

/** What one component watches; replacing it begins and ends only what differs. */
class WatchSet {
  readonly #client: StatusplaneClient;
  readonly #ends = new Map<string, () => void>();

  constructor(client: StatusplaneClient) {
    this.#client = client;
  }

  replace(refs: readonly WatchRef[]): void {
    const wanted = new Map(refs.map((ref) => [watchKey(ref), ref]));
    for (const [key, ref] of wanted) {
      if (!this.#ends.has(key)) this.#ends.set(key, this.#client.watch(ref));
    }
    for (const [key, end] of this.#ends) {
      if (wanted.has(key)) continue;
      this.#ends.delete(key);
      end();
    }
  }
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

"use client";

import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { StatusplaneClient } from "../statusplane-client.ts";
import { watchKey, type WatchedJob, type WatchRef } from "../watched-job.ts";
import { selectJobs } from "./job-selection.ts";
import { useClient } from "./provider.tsx";

const NONE: readonly WatchRef[] = [];

/**
 * The jobs in the order of the refs; watched while mounted. The array is the same while nothing that can be seen of
 * them has changed. The refs may be a new array at each render: only what is new in it begins a watch.
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
  const { subscribe, select } = useMemo(() => selectJobs(client, stableRefs), [client, stableRefs]);
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

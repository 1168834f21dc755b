import type { StatusplaneClient } from "../statusplane-client.ts";
import { unknownJob, type WatchedJob, type WatchRef } from "../watched-job.ts";

const sights = new WeakMap<WatchedJob, string>();

/**
 * What `useSyncExternalStore` needs to read these jobs. The answer is the same array while nothing that can be seen of
 * them has changed: a sign of life has another version and time, and renders nothing.
 */
export function selectJobs(client: StatusplaneClient, refs: readonly WatchRef[]) {
  const unknown = refs.map(unknownJob);
  let last: readonly WatchedJob[] = unknown;
  return {
    subscribe: (listener: () => void) => client.subscribe(listener),
    select: (): readonly WatchedJob[] => {
      const jobs = refs.map((ref, i) => client.get(ref) ?? unknown[i] ?? unknownJob(ref));
      if (jobs.some((job, i) => !looksAs(job, last[i]))) last = jobs;
      return last;
    },
  };
}

function looksAs(job: WatchedJob, other: WatchedJob | undefined): boolean {
  return job === other || (other !== undefined && sightOf(job) === sightOf(other));
}

function sightOf(job: WatchedJob): string {
  const known = sights.get(job);
  if (known !== undefined) return known;
  const sight = JSON.stringify({ ...job, version: 0, updatedAt: null });
  sights.set(job, sight);
  return sight;
}

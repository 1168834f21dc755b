import type { WatchedJob } from "@statusplane/client";
import { useActiveJobs, useJobs } from "@statusplane/client/react";
import { useEffect } from "react";
import { useObservable } from "../browser/index.ts";
import type { TrackedJobs } from "./tracked-jobs.ts";

export interface LiveJobs {
  readonly jobs: readonly WatchedJob[];
  /** Live jobs beyond those shown. */
  readonly more: number;
  readonly waiting: Readonly<Record<string, string>>;
  readonly isLoading: boolean;
  /** Whether what is shown may be old: the server has not answered the last question. */
  readonly isCutOff: boolean;
  /** Asks the list of live jobs again; it costs no statement. */
  readonly refresh: () => void;
}

/** The live jobs of the tenant, found again at every load, and those that ended while this page looked on. */
export function useLiveJobs(tracked: TrackedJobs): LiveJobs {
  const active = useActiveJobs();
  const found = active.jobs;
  // oxlint-disable-next-line typescript/unbound-method -- a closure without `this`, the same at each render
  const refresh = active.refresh;
  useEffect(() => tracked.found(found.map((job) => job.ref)), [tracked, found]);
  // Work that others have submitted meanwhile: looked for when somebody looks here again.
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === "visible") refresh();
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [refresh]);
  const refs = useObservable(tracked.refs);
  const jobs = useJobs(refs);
  return {
    jobs,
    more: active.more,
    waiting: active.waiting,
    isLoading: active.isLoading,
    isCutOff: active.error !== null || jobs.some((job) => job.connection === "lost"),
    refresh,
  };
}

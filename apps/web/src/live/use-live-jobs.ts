import type { WatchedJob } from "@statusplane/client";
import { useActiveJobs, useConnectionStatus, useJobs } from "@statusplane/client/react";
import { useEffect } from "react";
import { useObservable } from "../browser/index.ts";
import type { TrackedJobs } from "./tracked-jobs.ts";

export interface LiveJobs {
  readonly jobs: readonly WatchedJob[];
  /** Live jobs beyond those shown. */
  readonly more: number;
  readonly waiting: Readonly<Record<string, string>>;
  readonly isLoading: boolean;
  /** Whether what is shown may be old: the server does not answer. */
  readonly isCutOff: boolean;
  /** Asks the list of live jobs again; it costs no statement. */
  readonly refresh: () => void;
}

/** The live jobs of the tenant and its last ends, whoever began them, as they change. */
export function useLiveJobs(tracked: TrackedJobs): LiveJobs {
  const active = useActiveJobs();
  const connectionStatus = useConnectionStatus();
  const found = active.jobs;
  // oxlint-disable-next-line typescript/unbound-method -- a closure without `this`, the same at each render
  const refresh = active.refresh;
  useEffect(() => tracked.found(found.map((job) => job.ref)), [tracked, found]);
  const refs = useObservable(tracked.refs);
  const jobs = useJobs(refs);
  return {
    jobs,
    more: active.more,
    waiting: active.waiting,
    isLoading: active.isLoading,
    isCutOff: connectionStatus === "offline",
    refresh,
  };
}

import { isEnded, watchKey, type WatchedJob } from "@statusplane/client";
import { useActiveJobs, useJobs } from "@statusplane/client/react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useObservable } from "../browser/index.ts";
import { useFormat } from "../text/index.ts";
import { markOf, type HiddenJobs } from "./hidden-jobs.ts";
import type { OwnJobs } from "./own-jobs.ts";
import { Tray, type OwnJob, type TrayItem, type TrayUpload } from "./tray.ts";

export interface TrayState {
  readonly items: readonly TrayItem[];
  /** All jobs in it. */
  readonly jobs: readonly WatchedJob[];
  /** Live jobs beyond those shown. */
  readonly more: number;
  readonly waiting: Readonly<Record<string, string>>;
  readonly isLoading: boolean;
  /** The job's bar is at its end: the job may take its place among what is over. */
  readonly noteFilled: (job: WatchedJob) => void;
}

export interface TrayOptions {
  readonly uploads: readonly TrayUpload[];
  readonly own: OwnJobs;
  readonly hidden: HiddenJobs;
}

/** What is on its way here, and the tenant's live and lately ended jobs, as the client's live list tells them. */
export function useTray({ uploads, own, hidden }: TrayOptions): TrayState {
  const active = useActiveJobs();
  const text = useFormat();
  const [tray] = useState(() => new Tray());
  const [filled, setFilled] = useState<ReadonlySet<string>>(new Set());
  const noteFilled = useCallback((job: WatchedJob) => {
    // Retried meanwhile: the bar of its new attempt has not even begun.
    if (isEnded(job)) setFilled((before) => new Set([...before, markOf(job)]));
  }, []);
  const marks = useObservable(hidden.marks);
  const ownJobs = useObservable(own.jobs);
  const listed = useMemo(() => new Set(active.jobs.map(({ ref }) => watchKey(ref))), [active.jobs]);
  useEffect(() => own.noteListed(listed), [own, listed]);
  const unlisted = useJobs(
    ownJobs.filter(({ ref, isListed }) => !isListed && !listed.has(watchKey(ref))).map(({ ref }) => ref),
  );
  const jobs = useMemo(
    () =>
      [...unlisted, ...active.jobs]
        .filter((job) => isKnown(job) && !(isEnded(job) && marks.has(markOf(job))))
        .map((job) => withTitle(job, ownJobs)),
    [unlisted, active.jobs, marks, ownJobs],
  );
  const items = useMemo(
    () => tray.arrange({ uploads, own: ownJobs, jobs, filled, text }),
    [tray, uploads, ownJobs, jobs, filled, text],
  );
  const { more, waiting, isLoading } = active;
  return { items, jobs, more, waiting, isLoading, noteFilled };
}

/** The list names an ended job a moment before its snapshot is told: nothing can be said of it till then. */
function isKnown({ status, unknownStatus, gone }: WatchedJob): boolean {
  return gone || status !== "UNKNOWN" || unknownStatus !== undefined;
}

function withTitle(job: WatchedJob, own: readonly OwnJob[]): WatchedJob {
  if (job.title !== null) return job;
  const title = own.find(({ ref }) => watchKey(ref) === watchKey(job.ref))?.title ?? null;
  return title === null ? job : { ...job, title };
}

import { isEnded, watchKey, type WatchedJob } from "@statusplane/client";
import { useEffect, useEffectEvent, useRef } from "react";

/** Calls once for each job and attempt that this page has seen live and that ends now. */
export function useEnds(jobs: readonly WatchedJob[], onEnd: (job: WatchedJob) => void): void {
  const live = useRef(new Set<string>());
  const ended = useEffectEvent(onEnd);
  useEffect(() => {
    for (const job of jobs) {
      const key = watchKey(job.ref);
      if (job.status === "PENDING" || job.status === "PROCESSING") live.current.add(key);
      else if (isEnded(job) && live.current.delete(key)) ended(job);
    }
  }, [jobs]);
}

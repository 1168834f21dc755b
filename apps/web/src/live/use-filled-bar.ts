import { isEnded, type WatchedJob } from "@statusplane/client";
import { useEffect, useEffectEvent, useRef, type RefObject } from "react";

/** A full bar is seen for so long. */
const LAST_LOOK_MS = 600;

/**
 * Says when the bar of a job that has ended has come to its end, at the latest when nobody sees it any more.
 * @returns the ref of the element around the bar.
 */
export function useFilledBar(
  job: WatchedJob,
  onFilled?: (job: WatchedJob) => void,
): RefObject<HTMLDivElement | null> {
  const bar = useRef<HTMLDivElement>(null);
  const hasEnded = isEnded(job);
  const tell = useEffectEvent(() => onFilled?.(job));
  useEffect(() => {
    if (!hasEnded) return;
    let timer: number | undefined;
    let isOver = false;
    const moving = bar.current?.getAnimations({ subtree: true }) ?? [];
    // One that is cancelled has come to its end, too.
    void Promise.allSettled(moving.map(({ finished }) => finished)).then(() => {
      if (!isOver) timer = window.setTimeout(() => tell(), LAST_LOOK_MS);
    });
    return () => {
      isOver = true;
      window.clearTimeout(timer);
      tell();
    };
  }, [hasEnded]);
  return bar;
}

"use client";

import type { JSX } from "react";
import { widen } from "../bar/moving-bar.ts";
import type { WatchedJob } from "../watched-job.ts";
import { useMovingBar } from "./use-moving-bar.ts";

export interface ProgressBarProps {
  readonly job: WatchedJob;
  /** What makes progress, for people who hear the page: the file's name. */
  readonly label: string;
  /** What is said instead of the bare percent. */
  readonly valueText?: string;
}

/**
 * An unstyled, accessible bar: classes `statusplane-bar` and `statusplane-bar-fill`, `data-status` for colours. Without
 * a percent it is indeterminate: no `aria-valuenow`, and the fill has no width. Its width moves between updates towards
 * where the job is.
 *
 * @example
 * const { snapshot: job } = useJob({ kind: "video", id: "42" });
 * const bar = job && <ProgressBar job={job} label="report.pdf" />;
 */
export function ProgressBar({ job, label, valueText }: ProgressBarProps): JSX.Element {
  const { percent, remainingSeconds, status, isStalled } = job;
  const isMoving = status === "PROCESSING" && !isStalled;
  const fill = useMovingBar({ percent, remainingSeconds, isMoving }, widen);
  return (
    <div
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- <progress> cannot be styled alike in all browsers
      role="progressbar"
      className="statusplane-bar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
      aria-valuetext={valueText}
      data-status={status}
      data-stalled={isStalled || undefined}
    >
      <div
        ref={fill}
        className="statusplane-bar-fill"
        style={percent === null ? undefined : { width: `${percent}%` }}
      />
    </div>
  );
}

import { useMovingBar } from "@statusplane/client/react";
import type { ReactNode } from "react";
import styles from "./progress-bar.module.css";

export interface ProgressBarProps {
  /** 0–100; null while nobody can say. */
  readonly percent: number | null;
  /** Whole seconds, where they are known: how fast it moves between two updates. */
  readonly remainingSeconds?: number | undefined;
  /** What moves. */
  readonly label: string;
  /** What people hear instead of the bare number. */
  readonly valueText?: string;
  readonly tone?: "moving" | "waiting" | "good" | "warn" | "bad" | "off";
}

/**
 * A bar of constant height. It moves by transform only, so nothing around it is laid out again, and between updates
 * towards where its work is; what is said of it to people who hear the page is what is known.
 */
export function ProgressBar(props: ProgressBarProps): ReactNode {
  const { percent, remainingSeconds, label, valueText, tone = "moving" } = props;
  const fill = useMovingBar({ percent, remainingSeconds, isMoving: tone === "moving" });
  const value = percent === null ? {} : { "aria-valuenow": Math.round(percent) };
  return (
    <div
      className={`${styles.track} ${styles[tone]}`}
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- <progress> cannot be styled alike in all browsers
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={valueText}
      {...value}
    >
      {percent === null ? (
        <div className={styles.unknown} />
      ) : (
        <div ref={fill} className={styles.fill} style={{ transform: `translateX(${percent - 100}%)` }} />
      )}
    </div>
  );
}

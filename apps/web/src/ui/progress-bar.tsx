import type { ReactNode } from "react";
import styles from "./progress-bar.module.css";

export interface ProgressBarProps {
  /** 0–100; null while nobody can say. */
  readonly percent: number | null;
  /** What moves. */
  readonly label: string;
  /** What people hear instead of the bare number. */
  readonly valueText?: string;
  readonly tone?: "moving" | "waiting" | "good" | "warn" | "bad" | "off";
}

/** A bar of constant height. It moves by transform only, so nothing around it is laid out again. */
export function ProgressBar({ percent, label, valueText, tone = "moving" }: ProgressBarProps): ReactNode {
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
        <div className={styles.fill} style={{ transform: `translateX(${percent - 100}%)` }} />
      )}
    </div>
  );
}

import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";
import styles from "./notice.module.css";

export interface NoticeProps {
  readonly tone: "plain" | "good" | "warn" | "bad";
  /** Read out at once. */
  readonly isAlert?: boolean;
  readonly id?: string;
  readonly children: ReactNode;
}

export function Notice({ tone, isAlert = false, id, children }: NoticeProps): ReactNode {
  return (
    <div className={`${styles.notice} ${styles[tone]}`} id={id} role={isAlert ? "alert" : undefined}>
      {tone !== "plain" && <Icon name={tone === "good" ? "check" : "alert"} />}
      <div className={styles.words}>{children}</div>
    </div>
  );
}

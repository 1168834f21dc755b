import type { ReactNode } from "react";
import styles from "./visually-hidden.module.css";

/** Heard, not seen. */
export function VisuallyHidden({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className={styles.hidden}>{children}</div>;
}

import type { ReactNode } from "react";
import styles from "./scroll-region.module.css";

export interface ScrollRegionProps {
  readonly label: string;
  readonly children: ReactNode;
}

/** What may be wider or longer than its room: it scrolls by itself, by keyboard too. */
export function ScrollRegion({ label, children }: ScrollRegionProps): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- without focus the arrow keys cannot scroll it
    <section className={styles.region} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

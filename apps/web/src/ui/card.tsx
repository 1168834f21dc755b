import type { ReactNode } from "react";
import styles from "./card.module.css";
import { Icon, type IconName } from "./icon.tsx";

export interface CardProps {
  readonly icon: IconName;
  readonly title: string;
  /** In words; the tone only colours it. */
  readonly status: string;
  readonly tone: "plain" | "good" | "bad" | "warn";
  /** The number at the right end: a percent, or an empty text. */
  readonly aside?: string;
  /** Short parts beside the status, on its line; what has no room is cut. */
  readonly line?: readonly string[];
  /** The one thing that is always possible: stop it, or take it off the list. */
  readonly corner: ReactNode;
  /** What else can be done; below everything where there is no room beside the title. */
  readonly actions?: ReactNode;
  readonly bar: ReactNode;
  /** Whole sentences below the bar. */
  readonly note?: ReactNode;
  /** Keeps the room of one line for `children`, also while there are none: nothing below moves when they come. */
  readonly hasMore?: boolean;
  /** More, below everything. */
  readonly children?: ReactNode;
}

/**
 * One piece of work: icon, title and what can be done; status, a few words about it and percent; bar. Its height is the
 * same from the first byte of an upload to the end of its job, unless there is something to explain.
 */
export function Card(props: CardProps): ReactNode {
  const { line = [], tone, note, hasMore = false } = props;
  return (
    <article className={styles.card}>
      <span className={`${styles.picture} ${styles[tone]}`}>
        <Icon name={props.icon} />
      </span>
      <div className={styles.words}>
        <div className={styles.head}>
          <h4 className={styles.title} title={props.title}>
            {props.title}
          </h4>
          <span className={styles.aside}>{props.aside}</span>
        </div>
        <p className={styles.status}>
          <span className={`${styles.state} ${styles[tone]}`}>{props.status}</span>
          {line.map((part, index) => (
            <span key={index} className={styles.part}>
              {part}
            </span>
          ))}
        </p>
      </div>
      {props.actions && <div className={styles.actions}>{props.actions}</div>}
      <div className={styles.corner}>{props.corner}</div>
      {props.bar && <div className={styles.bar}>{props.bar}</div>}
      {note && <p className={styles.note}>{note}</p>}
      {(hasMore || props.children) && (
        <div className={`${styles.more} ${hasMore ? styles.kept : ""}`}>{props.children}</div>
      )}
    </article>
  );
}

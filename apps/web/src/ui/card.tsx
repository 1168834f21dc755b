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
  /** The one thing that is always possible: stop it, or take it off the list. */
  readonly corner: ReactNode;
  /** What else can be done; below everything where there is no room beside the title. */
  readonly actions?: ReactNode;
  /** Keeps its room when null while `line` is shown, so cards do not jump when work ends. */
  readonly bar: ReactNode;
  /** One line below the bar. */
  readonly line: ReactNode;
  /** More, below everything. */
  readonly children?: ReactNode;
}

/** One piece of work: icon, title and what can be done; status and percent; bar; one line about it. */
export function Card(props: CardProps): ReactNode {
  return (
    <article className={styles.card}>
      <span className={`${styles.picture} ${styles[props.tone]}`}>
        <Icon name={props.icon} />
      </span>
      <h3 className={styles.title} title={props.title}>
        {props.title}
      </h3>
      <div className={styles.actions}>{props.actions}</div>
      <div className={styles.corner}>{props.corner}</div>
      <div className={styles.body}>
        <p className={`${styles.status} ${styles[props.tone]}`}>
          <span>{props.status}</span>
          <span className={styles.aside}>{props.aside}</span>
        </p>
        {props.bar}
        <p className={styles.line}>{props.line}</p>
        {props.children}
      </div>
    </article>
  );
}

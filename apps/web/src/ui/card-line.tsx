import { useId, useState, type ReactNode } from "react";
import styles from "./card-line.module.css";
import type { CardProps } from "./card.tsx";
import { Icon } from "./icon.tsx";

export interface CardLineProps extends Pick<CardProps, "icon" | "title" | "status" | "tone" | "corner"> {
  /** A few words beside the status; what has no room is cut. */
  readonly line: readonly string[];
  readonly actions?: ReactNode;
  /** Whole sentences, always shown. */
  readonly note?: ReactNode;
  /** What is shown when it is opened; undefined: there is nothing to open. */
  readonly more?: ReactNode;
}

/** A piece of work that is over: one line, which opens where there is more to tell. */
export function CardLine(props: CardLineProps): ReactNode {
  const { title, note, more, actions } = props;
  const id = useId();
  const [isOpen, setIsOpen] = useState(false);
  const words = <Words {...props} isOpen={isOpen} />;
  return (
    <article className={styles.card}>
      <h4 className={styles.heading} title={title}>
        {more === undefined ? (
          <span className={styles.head}>{words}</span>
        ) : (
          <button
            type="button"
            className={styles.head}
            aria-expanded={isOpen}
            aria-controls={id}
            onClick={() => setIsOpen(!isOpen)}
          >
            {words}
          </button>
        )}
      </h4>
      {actions && <div className={styles.actions}>{actions}</div>}
      <div className={styles.corner}>{props.corner}</div>
      {note && <div className={styles.note}>{note}</div>}
      {more !== undefined && (
        <div id={id} className={styles.more} hidden={!isOpen}>
          {isOpen && more}
        </div>
      )}
    </article>
  );
}

function Words({
  icon,
  title,
  status,
  tone,
  line,
  more,
  isOpen,
}: CardLineProps & { readonly isOpen: boolean }) {
  return (
    <>
      <span className={`${styles.icon} ${styles[tone]}`}>
        <Icon name={icon} />
      </span>
      <span className={styles.title}>{title}</span>
      <span className={styles.status}>
        <span className={styles[tone]}>{status}</span>
        {line.length > 0 && <span className={styles.line}>{line.join(" · ")}</span>}
      </span>
      {more !== undefined && (
        <span className={isOpen ? styles.open : styles.closed}>
          <Icon name="chevron" />
        </span>
      )}
    </>
  );
}

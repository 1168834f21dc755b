import type { RecordedJob } from "@statusplane/client";
import { useId, useState, type ReactNode } from "react";
import { useJobWords } from "../job/index.ts";
import { viewOf } from "../job-types/index.ts";
import { useFormat } from "../text/index.ts";
import { Icon } from "../ui/index.ts";
import { HistoryDetail } from "./history-detail.tsx";
import styles from "./history-item.module.css";

export interface HistoryItemProps {
  readonly record: RecordedJob;
  readonly onPlay: (videoId: string, title: string) => void;
  readonly onRetried: () => void;
}

const TONES: Readonly<Record<RecordedJob["status"], "good" | "warn" | "bad" | "off" | "moving">> = {
  UNKNOWN: "moving",
  PENDING: "moving",
  PROCESSING: "moving",
  READY: "good",
  DONE: "good",
  FAILED: "bad",
  CANCELLED: "off",
};

/** One line of the history; open, it asks the record's detail. */
export function HistoryItem({ record, onPlay, onRetried }: HistoryItemProps): ReactNode {
  const text = useFormat();
  const jobWords = useJobWords();
  const view = viewOf(record);
  const id = useId();
  const [isOpen, setIsOpen] = useState(false);
  const title = jobWords.name(record);
  const outcome = record.status === "DONE" ? (view.outcome?.(record.result, text) ?? null) : null;
  return (
    <div className={styles.item}>
      <button
        type="button"
        className={styles.head}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setIsOpen(!isOpen)}
      >
        <span className={styles.icon}>
          <Icon name={view.icon} />
        </span>
        <span className={styles.title}>{title}</span>
        <span className={`${styles.status} ${styles[outcome?.tone ?? TONES[record.status]]}`}>
          {outcome?.status ?? text.messages.job.statuses[record.status]}
        </span>
        <span className={styles.time}>{record.createdAt === null ? "" : text.moment(record.createdAt)}</span>
        <span className={isOpen ? styles.open : styles.closed}>
          <Icon name="chevron" />
        </span>
      </button>
      <div id={id} hidden={!isOpen}>
        {isOpen && <HistoryDetail refOf={record.ref} title={title} onPlay={onPlay} onRetried={onRetried} />}
      </div>
    </div>
  );
}

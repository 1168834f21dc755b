import { useRef, type ReactNode } from "react";
import { useFormat } from "../text/index.ts";
import { Button, Icon } from "../ui/index.ts";
import { ACCEPTED, acceptedWords } from "./accepted-file.ts";
import styles from "./drop-zone.module.css";

export interface DropZoneProps {
  readonly onFiles: (files: readonly File[]) => void;
  /** Whether files hover over the page: they may be dropped anywhere on it. */
  readonly isOver: boolean;
  /** Below the button. */
  readonly children?: ReactNode;
}

/** One place for every kind of file, by mouse, touch and keyboard. */
export function DropZone({ onFiles, isOver, children }: DropZoneProps): ReactNode {
  const text = useFormat();
  const { messages } = text;
  const field = useRef<HTMLInputElement>(null);
  return (
    <section className={`${styles.zone} ${isOver ? styles.over : ""}`} aria-labelledby="upload-title">
      <span className={styles.picture}>
        <Icon name="upload" />
      </span>
      <h2 id="upload-title" className={styles.title}>
        {isOver ? messages.upload.dropNow : messages.upload.drop}
      </h2>
      <p className={styles.note}>
        {acceptedWords(text).map(({ word, ends }) => (
          <span key={word} className={styles.kind}>
            {word} <span className={styles.ends}>{ends}</span>
          </span>
        ))}
        <span className={styles.several}>{messages.upload.several}</span>
      </p>
      <div className={styles.choose}>
        <Button look="primary" onClick={() => field.current?.click()}>
          {messages.upload.choose}
        </Button>
      </div>
      <input
        ref={field}
        className={styles.field}
        type="file"
        multiple
        accept={ACCEPTED}
        tabIndex={-1}
        aria-label={messages.upload.choose}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = ""; // the same file may be chosen again
        }}
      />
      <div className={styles.beside}>{children}</div>
    </section>
  );
}

import type { ReactNode } from "react";
import { lookUp, useFormat } from "../../text/index.ts";
import { Button, Notice } from "../../ui/index.ts";
import type { Preview } from "./message.ts";
import styles from "./message-send.module.css";
import { wordsOf } from "./words.ts";

export interface PreviewViewProps {
  readonly preview: Preview;
  readonly isBusy: boolean;
  readonly onBack: () => void;
  readonly onSend: () => void;
}

/** Those who get nothing, and why. */
function Skipped({ preview }: { readonly preview: Preview }): ReactNode {
  const text = useFormat();
  const words = wordsOf(text);
  const { skipped, skippedFirst, total, count } = preview;
  if (skipped.length === 0) return null;
  const reasons = skipped.map(
    (each) => `${lookUp(words.reasons, each.reason) ?? each.reason} ${text.count(each.count)}`,
  );
  return (
    <details className={styles.skipped}>
      <summary>
        {words.skippedTitle(text.count(total - count))}
        <span className={styles.hint}>{reasons.join(" · ")}</span>
      </summary>
      <ul>
        {skippedFirst.map(({ position, who, reason }) => (
          <li key={position}>
            <bdi>{who}</bdi> <span className={styles.hint}>{lookUp(words.reasons, reason) ?? reason}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What would go out, as it would. */
export function PreviewView({ preview, isBusy, onBack, onSend }: PreviewViewProps): ReactNode {
  const text = useFormat();
  const words = wordsOf(text);
  const { count, total, messages } = preview;
  return (
    <div className={styles.form}>
      {count === 0 ? (
        <Notice tone="warn">{words.nobody}</Notice>
      ) : (
        <p className={styles.goesTo}>{words.goesTo(text.count(count), text.count(total))}</p>
      )}
      {messages.length > 0 && (
        <section aria-label={words.examples(text.count(messages.length))}>
          <p className={styles.hint}>{words.examples(text.count(messages.length))}</p>
          {messages.map((message) => (
            <article key={message.address} className={styles.mail}>
              <p className={styles.hint}>
                <bdi>{message.address}</bdi>
              </p>
              <h3>
                <bdi>{message.subject}</bdi>
              </h3>
              <p className={styles.body} dir="auto">
                {message.text}
              </p>
            </article>
          ))}
        </section>
      )}
      <Skipped preview={preview} />
      <div className={styles.foot}>
        <Button look="plain" disabled={isBusy} onClick={onBack}>
          {words.back}
        </Button>
        <Button look="primary" disabled={isBusy || count === 0} onClick={onSend}>
          {isBusy ? words.sending : words.send(text.count(count))}
        </Button>
      </div>
    </div>
  );
}

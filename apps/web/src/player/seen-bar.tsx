import type { View } from "@statusplane/client/views";
import type { ReactNode } from "react";
import { useViewWords } from "../lectures/index.ts";
import { useFormat } from "../text/index.ts";
import styles from "./seen-bar.module.css";

/** Which parts of a lecture the person has seen, as long as the seek bar above it, and what that means. */
export function SeenBar({ view }: { readonly view: View }): ReactNode {
  const { messages } = useFormat();
  const words = useViewWords();
  const { seen, lengthSeconds, watchedPercent } = view;
  if (seen === null || lengthSeconds === null) return null;
  const percentOf = (seconds: number): string =>
    `${(Math.min(seconds, lengthSeconds) / lengthSeconds) * 100}%`;
  return (
    <div className={styles.seen}>
      <div className={styles.track} aria-hidden="true">
        {seen.map(([from, to]) => (
          <span
            key={from}
            className={styles.part}
            style={{ insetInlineStart: percentOf(from), inlineSize: percentOf(to - from) }}
          />
        ))}
      </div>
      <p className={styles.words}>
        <span>{messages.player.seen(String(watchedPercent))}</span>
        <span className={view.isAttended ? styles.good : undefined}>{words.standing(view)}</span>
      </p>
    </div>
  );
}

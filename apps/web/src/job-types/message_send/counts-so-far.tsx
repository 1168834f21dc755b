import type { WatchedJob } from "@statusplane/client";
import type { ReactNode } from "react";
import { useFormat } from "../../text/index.ts";
import { COUNTED, readMessageCounts } from "./message-result.ts";
import styles from "./message-send.module.css";
import { wordsOf } from "./words.ts";

/** The counts of a message that goes out; constant height, so the list below stays where it is. */
export function CountsSoFar({ job }: { readonly job: WatchedJob }): ReactNode {
  const text = useFormat();
  const words = wordsOf(text);
  const counts = readMessageCounts(job.partialResult);
  return (
    <p className={styles.soFar}>
      {counts !== null &&
        [
          words.soFar,
          COUNTED.map((name) => `${words.counts[name]} ${text.count(counts[name])}`).join(" · "),
        ].join(" ")}
    </p>
  );
}

import type { WatchedJob } from "@statusplane/client";
import type { ReactNode } from "react";
import { useFormat } from "../../text/index.ts";
import { readPagesRead } from "./document-result.ts";
import styles from "./pages-so-far.module.css";
import { wordsOf } from "./words.ts";

/** Pages read so far and the first words, in a line; constant height, so the list below stays where it is. */
export function PagesSoFar({ job }: { readonly job: WatchedJob }): ReactNode {
  const text = useFormat();
  const words = wordsOf(text);
  const soFar = readPagesRead(job.partialResult);
  return (
    <p className={styles.line}>
      {soFar !== null &&
        soFar.pages > 0 &&
        [words.readOf(text.count(soFar.read), text.count(soFar.pages)), soFar.text.replaceAll(/\s+/g, " ")]
          .filter((part) => part !== "")
          .join(" · ")}
    </p>
  );
}

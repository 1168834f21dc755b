import type { WatchedJob } from "@statusplane/client";
import type { ReactNode } from "react";
import { useFormat } from "../../text/index.ts";
import styles from "./counts-so-far.module.css";
import { readImportCounts } from "./import-result.ts";
import { wordsOf } from "./words.ts";

const COUNTED = ["inserted", "updated", "unchanged", "rejected"] as const;

/** The counts of an import that runs; constant height, so the list below stays where it is. */
export function CountsSoFar({ job }: { readonly job: WatchedJob }): ReactNode {
  const text = useFormat();
  const words = wordsOf(text);
  const counts = readImportCounts(job.partialResult);
  return (
    <p className={styles.soFar}>
      {counts !== null &&
        [words.soFar, COUNTED.map((name) => `${words[name]} ${text.count(counts[name])}`).join(" · ")].join(
          " ",
        )}
    </p>
  );
}

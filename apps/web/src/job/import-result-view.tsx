import { useState, type ReactNode } from "react";
import { useFormat, type Messages } from "../text/index.ts";
import { Notice, ScrollRegion } from "../ui/index.ts";
import { DownloadButton } from "./download-button.tsx";
import { OUTCOME_TONES } from "./import-outcome.ts";
import type { ImportCounts, ImportResult, RejectedRow } from "./import-result.ts";
import styles from "./import-result-view.module.css";

const COUNTED = ["inserted", "updated", "unchanged", "rejected"] as const;

/** Four numbers, side by side. */
export function ImportCountsView({ counts }: { readonly counts: ImportCounts }): ReactNode {
  const { messages, count } = useFormat();
  return (
    <dl className={styles.counts}>
      {COUNTED.map((name) => (
        <div key={name} className={name === "rejected" && counts.rejected > 0 ? styles.bad : undefined}>
          <dt>{messages.counts[name]}</dt>
          <dd>{count(counts[name])}</dd>
        </div>
      ))}
    </dl>
  );
}

function RejectedRows({
  rows,
  all,
}: {
  readonly rows: readonly RejectedRow[];
  readonly all: number;
}): ReactNode {
  const { messages, count } = useFormat();
  const words = messages.counts;
  const caption = words.errorsFirst(count(rows.length), count(all));
  return (
    <ScrollRegion label={caption}>
      <table className={styles.rows}>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{words.sheet}</th>
            <th scope="col">{words.row}</th>
            <th scope="col">{words.column}</th>
            <th scope="col">{words.message}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={`${row.sheet}:${row.row}:${row.column}:${index}`}>
              <td>{row.sheet}</td>
              <td className={styles.number}>{row.row ?? ""}</td>
              <td>{row.column}</td>
              <td>{words.reasons[row.code] ?? row.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

/** A column without a title is told as `H:H`. */
function columnName(name: string, words: Messages["counts"]): string {
  const letters = /^([A-Z]+):\1$/.exec(name)?.[1];
  return letters === undefined ? name : words.columnLetters(letters);
}

/** Which columns were used, and all that was left out or is not to be seen in the file. */
function FileUse({ result }: { readonly result: ImportResult }): ReactNode {
  const { messages, count } = useFormat();
  const words = messages.counts;
  const lines = [
    [words.columnsUsed, result.columnsUsed.join(", ")],
    [words.columnsIgnored, result.columnsIgnored.map((name) => columnName(name, words)).join(", ")],
    [words.sheetsIgnored, result.sheetsIgnored.join(", ")],
    [words.sheetsHidden, result.sheetsHidden.join(", ")],
    [words.hiddenRows, result.hiddenRows === 0 ? "" : words.rows(count(result.hiddenRows))],
  ].filter(([, value]) => value !== "");
  if (lines.length === 0) return null;
  return (
    <dl className={styles.use}>
      {lines.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What an import has done: how it ended, the counts, what of the file was used, and what was rejected and why. */
export function ImportResultView({ result }: { readonly result: ImportResult }): ReactNode {
  const { messages } = useFormat();
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <div className={styles.result}>
      {result.outcome !== null && (
        <Notice tone={OUTCOME_TONES[result.outcome]}>{messages.counts.outcomeMore[result.outcome]}</Notice>
      )}
      <ImportCountsView counts={result} />
      <FileUse result={result} />
      {result.errors.length > 0 && <RejectedRows rows={result.errors} all={result.rejected} />}
      {result.rejectedUrl !== null && (
        <div className={styles.download}>
          <DownloadButton path={result.rejectedUrl} fileName="rejected.xlsx" onProblem={setProblem}>
            {messages.counts.downloadRejected}
          </DownloadButton>
          <span>{messages.counts.downloadRejectedMore}</span>
        </div>
      )}
      {problem !== null && (
        <Notice tone="bad" isAlert>
          {problem}
        </Notice>
      )}
    </div>
  );
}

import { useState, type ReactNode } from "react";
import { DownloadButton } from "../../download/index.ts";
import { lookUp, useFormat } from "../../text/index.ts";
import { Notice, ScrollRegion } from "../../ui/index.ts";
import { OUTCOME_TONES } from "./import-outcome.ts";
import { readImportResult, type ImportCounts, type ImportResult, type RejectedRow } from "./import-result.ts";
import styles from "./import-result-view.module.css";
import { wordsOf, type ImportWords } from "./words.ts";

const COUNTED = ["inserted", "updated", "unchanged", "rejected"] as const;

/** Four numbers, side by side. */
export function ImportCountsView({ counts }: { readonly counts: ImportCounts }): ReactNode {
  const text = useFormat();
  const words = wordsOf(text);
  return (
    <dl className={styles.counts}>
      {COUNTED.map((name) => (
        <div key={name} className={name === "rejected" && counts.rejected > 0 ? styles.bad : undefined}>
          <dt>{words[name]}</dt>
          <dd>{text.count(counts[name])}</dd>
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
  const text = useFormat();
  const { count } = text;
  const words = wordsOf(text);
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
              <td>{lookUp(words.reasons, row.code) ?? row.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

/** A column without a title is told as `H:H`. */
function columnName(name: string, words: ImportWords): string {
  const letters = /^([A-Z]+):\1$/.exec(name)?.[1];
  return letters === undefined ? name : words.columnLetters(letters);
}

/** Which columns were used, and all that was left out or is not to be seen in the file. */
function FileUse({ result }: { readonly result: ImportResult }): ReactNode {
  const text = useFormat();
  const { count } = text;
  const words = wordsOf(text);
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
export function ImportResultView({ result: value }: { readonly result: unknown }): ReactNode {
  const words = wordsOf(useFormat());
  const [problem, setProblem] = useState<string | null>(null);
  const result = readImportResult(value);
  if (result === null) return null;
  return (
    <div className={styles.result}>
      {result.outcome !== null && (
        <Notice tone={OUTCOME_TONES[result.outcome]}>{words.outcomeMore[result.outcome]}</Notice>
      )}
      <ImportCountsView counts={result} />
      <FileUse result={result} />
      {result.errors.length > 0 && <RejectedRows rows={result.errors} all={result.rejected} />}
      {result.rejectedUrl !== null && (
        <div className={styles.download}>
          <DownloadButton path={result.rejectedUrl} fileName="rejected.xlsx" onProblem={setProblem}>
            {words.downloadRejected}
          </DownloadButton>
          <span>{words.downloadRejectedMore}</span>
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

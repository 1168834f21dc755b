import { lazy, Suspense, useState, type ReactNode } from "react";
import { DownloadButton } from "../../download/index.ts";
import { lookUp, useFormat } from "../../text/index.ts";
import { Button, Icon, Notice } from "../../ui/index.ts";
import { OUTCOME_TONES } from "./document-outcome.ts";
import { readDocumentResult, type DocumentResult } from "./document-result.ts";
import styles from "./document-result-view.module.css";
import { wordsOf } from "./words.ts";

/** Loaded when somebody looks at a document. */
const DocumentDialog = lazy(() => import("./document-dialog.tsx"));

/** As many as anybody reads on a card. */
const SHOWN_PROBLEMS = 5;
const SHOWN_CHARACTERS = 400;

function Problems({ result }: { readonly result: DocumentResult }): ReactNode {
  const text = useFormat();
  const words = wordsOf(text);
  const shown = result.problems.slice(0, SHOWN_PROBLEMS);
  const rest = result.problemPages - shown.length;
  if (shown.length === 0) return null;
  return (
    <ul className={styles.problems}>
      {shown.map(({ page, problem }) => (
        <li key={page}>{words.problemOf(text.count(page), lookUp(words.problems, problem) ?? problem)}</li>
      ))}
      {rest > 0 && <li>{words.moreProblems(text.count(rest))}</li>}
    </ul>
  );
}

/** What a reading has brought: how it ended, the first words, and the ways to all of it. */
export function DocumentResultView({ result: value }: { readonly result: unknown }): ReactNode {
  const text = useFormat();
  const words = wordsOf(text);
  const [problem, setProblem] = useState<string | null>(null);
  const [isOpen, setIsOpen] = useState(false);
  const result = readDocumentResult(value);
  if (result === null) return null;
  const files = result.pagesUrl.replace(/pages\/$/, "files/");
  const first = result.text.slice(0, SHOWN_CHARACTERS);
  return (
    <div className={styles.result}>
      <Notice tone={OUTCOME_TONES[result.outcome]}>{words.outcomeMore[result.outcome]}</Notice>
      <Problems result={result} />
      {first !== "" && (
        <p className={styles.text}>
          {first}
          {first.length < result.text.length ? "…" : ""}
        </p>
      )}
      <div className={styles.ways}>
        <Button look="primary" onClick={() => setIsOpen(true)}>
          <Icon name="document" />
          {words.view}
        </Button>
        <DownloadButton path={`${files}text.txt`} fileName="text.txt" onProblem={setProblem}>
          {words.downloadText}
        </DownloadButton>
        <DownloadButton path={`${files}searchable.pdf`} fileName="searchable.pdf" onProblem={setProblem}>
          {words.downloadPdf}
        </DownloadButton>
      </div>
      {isOpen && (
        <Suspense fallback={null}>
          <DocumentDialog pagesUrl={result.pagesUrl} pages={result.pages} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
      {problem !== null && (
        <Notice tone="bad" isAlert>
          {problem}
        </Notice>
      )}
    </div>
  );
}

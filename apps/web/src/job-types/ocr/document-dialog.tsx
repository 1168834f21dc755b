import { useClient } from "@statusplane/client/react";
import { useId, useRef, useState, type ReactNode } from "react";
import { requestProblem, useFormat } from "../../text/index.ts";
import { Button, Dialog, Icon, Notice } from "../../ui/index.ts";
import { findInPages, searchable } from "./document-page.ts";
import { PageText, PagePicture } from "./page-views.tsx";
import styles from "./document-dialog.module.css";
import { useDocumentPage } from "./use-document-page.ts";
import { wordsOf } from "./words.ts";

export interface DocumentDialogProps {
  readonly pagesUrl: string;
  readonly pages: number;
  readonly onClose: () => void;
}

/** A document's pages over the page: the picture with the lines that were read, and their text beside it. */
export default function DocumentDialog({ pagesUrl, pages, onClose }: DocumentDialogProps): ReactNode {
  const text = useFormat();
  const words = wordsOf(text);
  const first = useRef<HTMLInputElement>(null);
  const [page, setPage] = useState(1);
  const [chosen, setChosen] = useState<number | null>(null);
  const [wanted, setWanted] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const state = useDocumentPage(pagesUrl, page);
  const lines = state.phase === "loaded" ? state.loaded.lines : [];
  const needle = searchable(wanted);
  const found = new Set(
    lines.flatMap((line, index) => (needle !== "" && searchable(line.text).includes(needle) ? [index] : [])),
  );

  const turnTo = (to: number): void => {
    setPage(Math.min(pages, Math.max(1, to)));
    setChosen(null);
    setSaid("");
  };
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(lines.map((line) => line.text).join("\n"));
      setSaid(words.copied);
    } catch {
      setSaid(words.copyFailed); // refused by the browser, or not a secure page
    }
  };

  return (
    <Dialog title={words.title} closeLabel={text.messages.app.close} onClose={onClose} focusFirst={first}>
      <div className={styles.tools}>
        <SearchBox
          {...{ pagesUrl, page, wanted, first }}
          onWanted={setWanted}
          onPage={turnTo}
          onProblem={setProblem}
        />
        {pages > 1 && (
          <nav className={styles.pages} aria-label={words.page}>
            <Button
              look="icon"
              aria-label={words.previous}
              disabled={page === 1}
              onClick={() => turnTo(page - 1)}
            >
              <span className={styles.previous}>
                <Icon name="chevron" />
              </span>
            </Button>
            <span aria-live="polite">{words.pageOf(text.count(page), text.count(pages))}</span>
            <Button
              look="icon"
              aria-label={words.next}
              disabled={page === pages}
              onClick={() => turnTo(page + 1)}
            >
              <span className={styles.next}>
                <Icon name="chevron" />
              </span>
            </Button>
          </nav>
        )}
      </div>
      {problem !== null && (
        <Notice tone="bad" isAlert>
          {problem}
        </Notice>
      )}
      {state.phase === "failed" && (
        <Notice tone="bad" isAlert>
          {requestProblem(state.error, text.messages)}
        </Notice>
      )}
      {state.phase === "loading" && <p className={styles.loading}>{words.loading}</p>}
      {state.phase === "loaded" && (
        <div className={styles.page}>
          <PagePicture loaded={state.loaded} {...{ chosen, found }} onChoose={setChosen} />
          <section className={styles.text} aria-label={words.textOf(text.count(page))}>
            <div className={styles.textTools}>
              <Button look="plain" disabled={lines.length === 0} onClick={() => void copy()}>
                {words.copy}
              </Button>
              <output>{said}</output>
            </div>
            {lines.some(({ isDoubtful }) => isDoubtful) && (
              <p className={styles.note}>{words.doubtfulMore}</p>
            )}
            <PageText {...{ lines, chosen, found }} onChoose={setChosen} />
          </section>
        </div>
      )}
    </Dialog>
  );
}

interface SearchBoxProps {
  readonly pagesUrl: string;
  readonly page: number;
  readonly wanted: string;
  readonly first: React.RefObject<HTMLInputElement | null>;
  readonly onWanted: (wanted: string) => void;
  readonly onPage: (page: number) => void;
  readonly onProblem: (problem: string | null) => void;
}

/** Looks through all pages: their text is fetched once, when somebody searches. */
function SearchBox({
  pagesUrl,
  page,
  wanted,
  first,
  onWanted,
  onPage,
  onProblem,
}: SearchBoxProps): ReactNode {
  const client = useClient();
  const text = useFormat();
  const words = wordsOf(text);
  const id = useId();
  const [texts, setTexts] = useState<readonly string[] | null>(null);
  const asked = useRef(false);
  const load = async (): Promise<void> => {
    if (asked.current) return;
    asked.current = true;
    try {
      const response = await client.request(pagesUrl.replace(/pages\/$/, "files/text.txt"));
      setTexts((await response.text()).split("\f"));
      onProblem(null);
    } catch (error) {
      asked.current = false;
      onProblem(requestProblem(error, text.messages));
    }
  };
  const found = texts === null ? null : findInPages(texts, wanted);
  const next = found?.pages.find((each) => each > page) ?? found?.pages[0];
  return (
    <search className={styles.searchBox}>
      <form
        className={styles.search}
        onSubmit={(event) => {
          event.preventDefault();
          if (next !== undefined) onPage(next);
        }}
      >
        <label htmlFor={id} className={styles.label}>
          {words.search}
        </label>
        <input
          ref={first}
          id={id}
          type="search"
          value={wanted}
          placeholder={words.search}
          onFocus={() => void load()}
          onChange={(event) => {
            void load();
            onWanted(event.target.value);
          }}
        />
        <output className={styles.count}>
          {searchable(wanted) !== "" &&
            found !== null &&
            (found.count === 0 ? words.foundNothing : words.found(text.count(found.count)))}
        </output>
      </form>
    </search>
  );
}

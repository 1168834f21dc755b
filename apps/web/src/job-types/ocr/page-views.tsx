import type { ReactNode } from "react";
import { useFormat } from "../../text/index.ts";
import { ScrollRegion } from "../../ui/index.ts";
import type { DocumentLine } from "./document-page.ts";
import styles from "./page-views.module.css";
import type { LoadedPage } from "./use-document-page.ts";
import { wordsOf } from "./words.ts";

interface LineMarks {
  /** The line that somebody pointed at, by its place on the page. */
  readonly chosen: number | null;
  /** Lines that hold what is searched for. */
  readonly found: ReadonlySet<number>;
  readonly onChoose: (index: number | null) => void;
}

function markOf(line: DocumentLine, index: number, { chosen, found }: LineMarks): string {
  return [
    line.isDoubtful ? styles.doubtful : "",
    found.has(index) ? styles.found : "",
    chosen === index ? styles.chosen : "",
  ]
    .filter((name) => name !== "")
    .join(" ");
}

/** What is chosen in the text is shown in the picture, and the other way round. */
function bringIntoView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest" });
}

/** The page's picture with a frame around each line that was read; the text beside it says the same to who cannot see it. */
export function PagePicture({
  loaded: { page, lines, pictureUrl },
  ...marks
}: LineMarks & { readonly loaded: LoadedPage }): ReactNode {
  const text = useFormat();
  if (pictureUrl === null) return null;
  const label = wordsOf(text).pictureOf(text.count(page));
  return (
    <div className={styles.frame}>
      <ScrollRegion label={label}>
        <div className={styles.picture}>
          <img src={pictureUrl} alt={label} />
          {lines.map(
            (line, index) =>
              line.box !== null && (
                <span
                  key={index}
                  ref={marks.chosen === index ? bringIntoView : null}
                  aria-hidden="true"
                  className={`${styles.box} ${markOf(line, index, marks)}`}
                  style={{
                    left: `${line.box.left * 100}%`,
                    top: `${line.box.top * 100}%`,
                    width: `${line.box.width * 100}%`,
                    height: `${line.box.height * 100}%`,
                  }}
                  onPointerDown={() => marks.onChoose(index)}
                />
              ),
          )}
        </div>
      </ScrollRegion>
    </div>
  );
}

/** The page's text, a line each; what is chosen in the picture is marked in it. */
export function PageText({
  lines,
  ...marks
}: LineMarks & { readonly lines: readonly DocumentLine[] }): ReactNode {
  const words = wordsOf(useFormat());
  if (lines.length === 0) return <p className={styles.nothing}>{words.noText}</p>;
  return (
    <ol className={styles.lines}>
      {lines.map((line, index) => (
        <li
          key={index}
          ref={marks.chosen === index ? bringIntoView : null}
          className={markOf(line, index, marks)}
          onPointerEnter={() => marks.onChoose(index)}
        >
          {line.text}
          {line.isDoubtful && <span className={styles.sign}>{words.doubtful}</span>}
        </li>
      ))}
    </ol>
  );
}

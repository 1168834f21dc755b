import { meanConfidence, languageOf, textOf, type PageProblem, type PageReading } from "./page-reading.ts";

/**
 * What became of the whole document: `complete` every page was read, `partial` some pages have no text or none to rely
 * on, `none` no text was found.
 */
export type OcrOutcome = "complete" | "partial" | "none";

/** The result of a reading, small enough to travel with the job's snapshot; pages are fetched one by one. */
export type OcrResult = {
  readonly outcome: OcrOutcome;
  readonly pages: number;
  /** Pages that were read, blank ones among them. */
  readonly pages_read: number;
  /** By who read them. */
  readonly sources: { readonly text: number; readonly ocr: number; readonly ai: number };
  readonly language: "ko" | "en" | null;
  /** 0–100, the mean of what was recognised; null where nothing was. */
  readonly confidence: number | null;
  /** The text, from its beginning as far as there is room; all of it is in `text.txt`. */
  readonly text: string;
  readonly text_complete: boolean;
  /** The first 50 pages that were not read, or not reliably, and why. */
  readonly problems: readonly { readonly page: number; readonly problem: PageProblem }[];
  readonly problem_pages: number;
  /** What the AI endpoint counted; null where none was asked. */
  readonly tokens: { readonly input: number; readonly output: number } | null;
  /** `{pages_url}{n}/` is a page's text with its lines, `{pages_url}{n}/picture/` its picture. */
  readonly pages_url: string;
};

/** What travels with a snapshot, in bytes of UTF-8: see RESULT_INLINE_MAX_BYTES; a little is left for the rest. */
const MAX_BYTES = 7_500;
const MAX_PROBLEMS = 50;
/** With these there is text, only not all or none to rely on. */
const HAS_TEXT: ReadonlySet<PageProblem> = new Set(["low_confidence", "ai_cut"]);

/** Adds pages up, in any order, to what is told of the document. */
export class OcrSummary {
  readonly #pages = new Map<number, PageSummary>();
  #firstText = "";
  #firstPages = 0;
  #tokens: { input: number; output: number } | null = null;

  add(reading: PageReading): void {
    const text = textOf(reading);
    this.#pages.set(reading.page, {
      ...{ source: reading.source, confidence: reading.confidence, problem: reading.problem },
      ...{ letters: text.length, language: languageOf(text) },
    });
    if (reading.page === this.#firstPages + 1 && Buffer.byteLength(this.#firstText) < MAX_BYTES) {
      this.#firstPages = reading.page;
      this.#firstText += `${this.#firstText === "" || text === "" ? "" : "\n\n"}${text}`;
    }
    if (reading.tokens !== null) {
      const { input, output } = this.#tokens ?? { input: 0, output: 0 };
      this.#tokens = { input: input + reading.tokens.input, output: output + reading.tokens.output };
    }
  }

  get pages(): number {
    return this.#pages.size;
  }

  get tokens(): number {
    return this.#tokens === null ? 0 : this.#tokens.input + this.#tokens.output;
  }

  /** The document's first lines so far. @param maxCharacters of them */
  firstLines(maxCharacters: number): string {
    return cut(this.#firstText, maxCharacters);
  }

  result(pagesUrl: string): OcrResult {
    const pages = [...this.#pages].toSorted(([a], [b]) => a - b);
    const problems = pages.flatMap(([page, { problem }]) => (problem === null ? [] : [{ page, problem }]));
    const letters = pages.reduce((sum, [, page]) => sum + page.letters, 0);
    const count = (source: PageReading["source"]): number =>
      pages.filter(([, page]) => page.source === source && !isUnread(page)).length;
    const told: OcrResult = {
      outcome: letters === 0 ? "none" : problems.length > 0 ? "partial" : "complete",
      pages: pages.length,
      pages_read: pages.filter(([, page]) => !isUnread(page)).length,
      sources: { text: count("text"), ocr: count("ocr"), ai: count("ai") },
      language: mainLanguage(pages.map(([, page]) => page)),
      confidence: meanConfidence(
        pages.map(([, page]) => ({ text: " ".repeat(page.letters), confidence: page.confidence })),
      ),
      ...{ text: "", text_complete: false, problems: problems.slice(0, MAX_PROBLEMS) },
      ...{ problem_pages: problems.length, tokens: this.#tokens, pages_url: pagesUrl },
    };
    return withText(told, this.#firstText, this.#firstPages === pages.length);
  }
}

interface PageSummary extends Pick<PageReading, "source" | "confidence" | "problem" | "language"> {
  readonly letters: number;
}

function isUnread({ problem }: PageSummary): boolean {
  return problem !== null && !HAS_TEXT.has(problem);
}

function mainLanguage(pages: readonly PageSummary[]): "ko" | "en" | null {
  const letters = { ko: 0, en: 0 };
  for (const page of pages) if (page.language !== null) letters[page.language] += page.letters;
  if (letters.ko + letters.en === 0) return null;
  return letters.ko * 2 >= letters.en ? "ko" : "en";
}

function withText(result: OcrResult, text: string, isAll: boolean): OcrResult {
  const whole = { ...result, text, text_complete: isAll };
  if (isAll && bytesOf(whole) <= MAX_BYTES) return whole;
  let room = text.length;
  let shown: OcrResult;
  do {
    room = Math.floor(room * 0.9);
    shown = { ...result, text: cut(text, room) };
  } while (room > 0 && bytesOf(shown) > MAX_BYTES);
  return shown;
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** The beginning of a text, no letter cut in half. */
function cut(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : text.slice(0, maxCharacters).replace(/[\uD800-\uDBFF]$/, "");
}

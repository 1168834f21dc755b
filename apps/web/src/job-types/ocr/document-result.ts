import { asMembers, isMembers, numberOrNull, readEach, textOrNull } from "@statusplane/client";

/** All pages read, some not or not reliably, or no text found. */
export type DocumentOutcome = "complete" | "partial" | "none";

export interface ProblemPage {
  readonly page: number;
  /** The machine's name of the reason; the page translates by it. */
  readonly problem: string;
}

export interface DocumentResult {
  readonly outcome: DocumentOutcome;
  readonly pages: number;
  /** 0–100; null where nothing was recognised. */
  readonly confidence: number | null;
  /** From the beginning, as far as there was room. */
  readonly text: string;
  readonly isTextComplete: boolean;
  readonly problems: readonly ProblemPage[];
  readonly problemPages: number;
  /** Where pages are fetched. */
  readonly pagesUrl: string;
}

/** A reading's result; null for the result of anything else. */
export function readDocumentResult(value: unknown): DocumentResult | null {
  const members = asMembers(value);
  const outcome = (["complete", "partial", "none"] as const).find((name) => name === members["outcome"]);
  const pages = numberOrNull(members["pages"]);
  const pagesUrl = textOrNull(members["pages_url"]);
  if (outcome === undefined || pages === null || pagesUrl === null) return null;
  return {
    ...{ outcome, pages, pagesUrl },
    confidence: numberOrNull(members["confidence"]),
    text: textOrNull(members["text"]) ?? "",
    isTextComplete: members["text_complete"] === true,
    problems: readEach(members["problems"], readProblem),
    problemPages: numberOrNull(members["problem_pages"]) ?? 0,
  };
}

function readProblem(value: unknown): ProblemPage | null {
  if (!isMembers(value)) return null;
  const page = numberOrNull(value["page"]);
  const problem = textOrNull(value["problem"]);
  return page === null || problem === null ? null : { page, problem };
}

/** How far a reading is, and its first lines. */
export interface PagesRead {
  readonly read: number;
  readonly pages: number;
  readonly text: string;
}

/** The partial result of a reading; null for that of anything else. */
export function readPagesRead(value: unknown): PagesRead | null {
  const { pages, pages_read: read, text } = asMembers(value);
  if (typeof pages !== "number" || typeof read !== "number") return null;
  return { pages, read, text: textOrNull(text) ?? "" };
}

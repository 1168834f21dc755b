import { asMembers, isMembers, numberOrNull, readEach, textOrNull } from "@statusplane/client";

/** Rows of an import by what became of them; while it runs, those so far. */
export interface ImportCounts {
  /** Null until it is known. */
  readonly total: number | null;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
}

export interface RejectedRow {
  readonly sheet: string;
  readonly row: number | null;
  readonly column: string;
  /** The machine's name of the reason; the page translates by it. */
  readonly code: string;
  /** The server's sentence, for a code that the page does not know. */
  readonly message: string;
}

/** What became of the whole file: all of it imported, some rows or columns left out, or no row imported. */
export type ImportOutcome = "complete" | "partial" | "none";

export interface ImportResult extends ImportCounts {
  /** Null for an import that was cancelled: it did not come to the end of its file. */
  readonly outcome: ImportOutcome | null;
  /** Titles of the file's columns. */
  readonly columnsUsed: readonly string[];
  readonly columnsIgnored: readonly string[];
  /** Names of sheets that hold something and were not imported. */
  readonly sheetsIgnored: readonly string[];
  readonly sheetsHidden: readonly string[];
  /** Hidden rows that were imported. */
  readonly hiddenRows: number;
  /** The first few. */
  readonly errors: readonly RejectedRow[];
  readonly rejectedUrl: string | null;
}

const countOf = (value: unknown): number => Math.max(0, numberOrNull(value) ?? 0);
const textOf = (value: unknown): string => textOrNull(value) ?? String(numberOrNull(value) ?? "");
const textsOf = (value: unknown): readonly string[] => readEach(value, textOf);

const outcomeOf = (value: unknown): ImportOutcome | null =>
  (["complete", "partial", "none"] as const).find((outcome) => outcome === value) ?? null;

/** The counts in a result or partial result; null for what has none. */
export function readImportCounts(value: unknown): ImportCounts | null {
  const { total, inserted, updated, unchanged, rejected } = asMembers(value);
  if (![inserted, updated, unchanged, rejected].some((count) => typeof count === "number")) return null;
  return {
    total: numberOrNull(total),
    inserted: countOf(inserted),
    updated: countOf(updated),
    unchanged: countOf(unchanged),
    rejected: countOf(rejected),
  };
}

/** An import's result; null for the result of anything else. */
export function readImportResult(value: unknown): ImportResult | null {
  const counts = readImportCounts(value);
  if (counts === null) return null;
  const members = asMembers(value);
  return {
    ...counts,
    outcome: outcomeOf(members["outcome"]),
    columnsUsed: textsOf(members["columns_used"]),
    columnsIgnored: textsOf(members["columns_ignored"]),
    sheetsIgnored: textsOf(members["sheets_ignored"]),
    sheetsHidden: textsOf(members["sheets_hidden"]),
    hiddenRows: countOf(members["hidden_rows"]),
    errors: readEach(members["errors"], readRejectedRow),
    rejectedUrl: textOrNull(members["rejected_url"]),
  };
}

function readRejectedRow(value: unknown): RejectedRow | null {
  if (!isMembers(value)) return null;
  const { sheet, row, column, code, message } = value;
  return {
    sheet: textOf(sheet),
    row: numberOrNull(row),
    column: textOf(column),
    code: textOf(code),
    message: textOf(message) || textOf(code),
  };
}

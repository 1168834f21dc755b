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

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const countOf = (value: unknown): number => (typeof value === "number" && value >= 0 ? value : 0);
const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(textOf) : []);

const outcomeOf = (value: unknown): ImportOutcome | null =>
  (["complete", "partial", "none"] as const).find((outcome) => outcome === value) ?? null;

/** The counts in a result or partial result; null for what has none. */
export function readImportCounts(value: unknown): ImportCounts | null {
  if (!isFields(value)) return null;
  const names = ["inserted", "updated", "unchanged", "rejected"];
  if (!names.some((name) => typeof value[name] === "number")) return null;
  return {
    total: typeof value["total"] === "number" ? value["total"] : null,
    inserted: countOf(value["inserted"]),
    updated: countOf(value["updated"]),
    unchanged: countOf(value["unchanged"]),
    rejected: countOf(value["rejected"]),
  };
}

/** An import's result; null for the result of anything else. */
export function readImportResult(value: unknown): ImportResult | null {
  const counts = readImportCounts(value);
  if (counts === null || !isFields(value)) return null;
  const errors = Array.isArray(value["errors"]) ? value["errors"].filter(isFields) : [];
  return {
    ...counts,
    outcome: outcomeOf(value["outcome"]),
    columnsUsed: textsOf(value["columns_used"]),
    columnsIgnored: textsOf(value["columns_ignored"]),
    sheetsIgnored: textsOf(value["sheets_ignored"]),
    sheetsHidden: textsOf(value["sheets_hidden"]),
    hiddenRows: countOf(value["hidden_rows"]),
    errors: errors.map((error) => ({
      sheet: textOf(error["sheet"]),
      row: typeof error["row"] === "number" ? error["row"] : null,
      column: textOf(error["column"]),
      code: textOf(error["code"]),
      message: textOf(error["message"]) || textOf(error["code"]),
    })),
    rejectedUrl: typeof value["rejected_url"] === "string" ? value["rejected_url"] : null,
  };
}

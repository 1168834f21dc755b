import type { FileUsed } from "./file-use.ts";
import type { RowError } from "./reader-messages.ts";

export type ImportCounts = {
  /** Rows below a header that are not blank, so far: the sum of the other four. */
  readonly total: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
};

/**
 * What became of the whole file: `complete` all of it was imported, `partial` some rows, columns or sheets that a person sees were left out,
 * `none` no row was imported.
 */
export type ImportOutcome = "complete" | "partial" | "none";

/** The result of an import. */
export type ImportResult = ImportCounts &
  FileUsed & {
    readonly outcome: ImportOutcome;
    /** The first 20, fewer where they are very long. */
    readonly errors: readonly (RowError & { readonly [key: string]: string | number })[];
    readonly rejected_url: string | null;
  };

/** What travels with a snapshot, in bytes of UTF-8: see RESULT_INLINE_MAX_BYTES; a little is left for the rest. */
const MAX_BYTES = 8_000;

export interface ImportEnd {
  readonly counts: ImportCounts;
  readonly use: FileUsed;
  readonly errors: readonly RowError[];
  /** Where the rejected rows are. */
  readonly rejectedUrl: string;
}

/** The result of an import that has read its file to the end, small enough to travel with the job's snapshot. */
export function importResult({ counts, use, errors, rejectedUrl }: ImportEnd): ImportResult {
  const result = (shown: readonly RowError[]): ImportResult => ({
    outcome: outcomeOf(counts, use),
    ...counts,
    ...use,
    errors: shown.map((error) => ({ ...error })),
    rejected_url: counts.rejected === 0 ? null : rejectedUrl,
  });
  let shown = errors;
  while (shown.length > 0 && Buffer.byteLength(JSON.stringify(result(shown))) > MAX_BYTES) {
    shown = shown.slice(0, -1);
  }
  return result(shown);
}

function outcomeOf(
  { total, rejected }: ImportCounts,
  { columns_ignored: columns, sheets_ignored: sheets }: FileUsed,
): ImportOutcome {
  if (total === rejected) return "none";
  return rejected > 0 || columns.length > 0 || sheets.length > 0 ? "partial" : "complete";
}

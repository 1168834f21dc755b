import type { FileUsed } from "./file-use.ts";
import type { ImportFailure } from "./import-errors.ts";
import type { RowProblem } from "./row-problems.ts";

/*
 * What the reading process is told, as its one argument, and what it says, as one line of JSON each on its standard
 * output: `checking`* → `checked` → (`chunk` | `reading`)* → `done`; or `failed` at any time.
 */

export interface ReaderOrder {
  readonly path: string;
  /** Where rejected rows are written; the file is made only if there are any. */
  readonly rejectedPath: string;
  /** Rows up to this position are in the database already: they are read, but not sent. */
  readonly afterPosition: number;
  readonly chunkRows: number;
  /** An earlier reading of this very file has found it `plain`: it is read once only. */
  readonly plain: boolean;
}

/** A rejected row as the import's result tells it. */
export interface RowError extends RowProblem {
  readonly sheet: string;
  readonly row: number;
}

/** Accepted rows, one Postgres array literal per column: they pass through the worker untouched. */
export interface StudentChunk {
  readonly type: "chunk";
  readonly rows: number;
  /** The position of its last row. */
  readonly position: number;
  readonly columns: readonly string[];
  /** Rows rejected so far. */
  readonly rejected: number;
  readonly percent: number;
}

export type ReaderMessage =
  | { readonly type: "checking"; readonly percent: number }
  /** All rows were looked at once: which of equal student numbers is the last is known. */
  | {
      readonly type: "checked";
      /** Nothing of the check is needed to read the rows: no number repeats, and no cells are merged. */
      readonly plain: boolean;
    }
  | StudentChunk
  /** A stretch without accepted rows. */
  | { readonly type: "reading"; readonly rejected: number; readonly percent: number }
  | {
      readonly type: "done";
      readonly rejected: number;
      readonly errors: readonly RowError[];
      readonly use: FileUsed;
    }
  | { readonly type: "failed"; readonly code: ImportFailure; readonly detail: string };

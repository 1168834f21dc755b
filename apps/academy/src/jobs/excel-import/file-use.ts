import type { CellValue, Sheet } from "@statusplane/xlsx";
import { shownName } from "./cell-text.ts";
import { columnLetters } from "./column-letters.ts";
import { isBlank, type HeaderRow } from "./header-row.ts";

/** What an import has made of the file: nothing is left out without being named here. */
export type FileUsed = {
  /** Titles, as the file writes them. */
  readonly columns_used: readonly string[];
  /** Of columns with values that are not imported; one without a title is named as Excel does, `F:F`. */
  readonly columns_ignored: readonly string[];
  /** Sheets with values and without a header: nothing of them is imported. */
  readonly sheets_ignored: readonly string[];
  /** Hidden sheets: they are not read. */
  readonly sheets_hidden: readonly string[];
  /** Rows that are imported though they are hidden, by a filter or by hand. */
  readonly hidden_rows: number;
};

/** More are not named: a result is small. */
const MAX_NAMES = 20;

interface Columns {
  /** By index: nothing more is to be learned of this column. */
  readonly settled: boolean[];
  readonly titles: ReadonlyMap<number, string>;
}

/** Collects it while the rows are read. */
export class FileUse {
  readonly #used = new Set<string>();
  readonly #ignored = new Set<string>();
  readonly #sheets = new Set<string>();
  readonly #hiddenSheets = new Set<string>();
  readonly #columns = new Map<HeaderRow, Columns>();
  hiddenRows = 0;

  ignoredSheet({ name, hidden }: Pick<Sheet, "name" | "hidden">): void {
    const names = hidden ? this.#hiddenSheets : this.#sheets;
    if (names.size < MAX_NAMES) names.add(shownName(name));
  }

  /** Looks at a row below a header for values in columns that are not imported. */
  row(header: HeaderRow, cells: readonly CellValue[]): void {
    const { settled, titles } = this.#columns.get(header) ?? this.#begin(header);
    for (let index = 0; index < cells.length; index++) {
      if (settled[index] === true || isBlank(cells[index])) continue;
      settled[index] = true;
      if (this.#ignored.size === MAX_NAMES) continue;
      const letters = columnLetters(index);
      this.#ignored.add(titles.get(index) ?? `${letters}:${letters}`);
    }
  }

  #begin(header: HeaderRow): Columns {
    const { lists, others, notes } = header;
    const settled: boolean[] = [];
    for (const { index } of notes) settled[index] = true;
    for (const { index, title } of lists.flat().flatMap(({ found }) => found)) {
      settled[index] = true;
      if (this.#used.size < MAX_NAMES) this.#used.add(title);
    }
    const columns = { settled, titles: new Map(others.map(({ index, title }) => [index, title])) };
    this.#columns.set(header, columns);
    return columns;
  }

  /** What was found so far. */
  used(): FileUsed {
    return {
      columns_used: [...this.#used],
      columns_ignored: [...this.#ignored],
      sheets_ignored: [...this.#sheets],
      sheets_hidden: [...this.#hiddenSheets],
      hidden_rows: this.hiddenRows,
    };
  }
}

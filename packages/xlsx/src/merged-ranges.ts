import { columnOf } from "./cell-value.ts";

/** Cells that are shown as one: the value is the first cell's, what lies under the others is not seen. */
export interface MergedRange {
  /** As they are shown, from 1; both inclusive. */
  readonly firstRow: number;
  readonly lastRow: number;
  /** From 0; both inclusive. */
  readonly firstColumn: number;
  readonly lastColumn: number;
}

const REFERENCE = /^\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})$/;

/** The range of a reference such as `C2:C5`; null for what is none. */
export function mergedRangeOf(reference: string): MergedRange | null {
  const [, left = "", top, right = "", bottom] = REFERENCE.exec(reference) ?? [];
  const columns = [columnOf(left), columnOf(right)].filter((column) => column !== null);
  const rows = [Number(top), Number(bottom)];
  if (columns.length < 2) return null;
  return {
    firstRow: Math.min(...rows),
    lastRow: Math.max(...rows),
    firstColumn: Math.min(...columns),
    lastColumn: Math.max(...columns),
  };
}

/** The merged ranges of a sheet. */
export class MergedRanges {
  readonly #ranges: MergedRange[] = [];
  readonly #byColumn = new Map<number, readonly MergedRange[]>();

  get count(): number {
    return this.#ranges.length;
  }

  add(range: MergedRange): void {
    this.#ranges.push(range);
    this.#byColumn.clear();
  }

  /** The range that a cell is part of, or null. Quick to ask, whatever the number of ranges. */
  covering(row: number, column: number): MergedRange | null {
    const ranges = this.#ofColumn(column);
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ranges[middle]?.lastRow ?? 0) < row) low = middle + 1;
      else high = middle;
    }
    const range = ranges[low];
    return range !== undefined && range.firstRow <= row ? range : null;
  }

  /** Those that cover a column, from top to bottom; where two overlap, which no program shows, the upper one counts. */
  #ofColumn(column: number): readonly MergedRange[] {
    let ranges = this.#byColumn.get(column);
    if (ranges === undefined) {
      let lastRow = 0;
      ranges = this.#ranges
        .filter(({ firstColumn, lastColumn }) => firstColumn <= column && column <= lastColumn)
        .toSorted((a, b) => a.firstRow - b.firstRow)
        .filter((range) => {
          if (range.firstRow <= lastRow) return false;
          lastRow = range.lastRow;
          return true;
        });
      this.#byColumn.set(column, ranges);
    }
    return ranges;
  }
}

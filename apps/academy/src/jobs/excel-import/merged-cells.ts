import type { CellValue, MergedRange, MergedRanges } from "@statusplane/xlsx";
import { isBlank, type StudentList } from "./header-row.ts";
import { problem, type RowProblem } from "./row-problems.ts";

/**
 * What merged cells mean for the rows of one sheet, which come from top to bottom. A class that is merged over its
 * students holds for each row of the range. A number or a name is one student's: below its first row nothing is filled
 * in, so that the second line of a student is told as a row without a number. What lies unseen under a merged cell is
 * not imported.
 */
export class MergedCells {
  readonly #ranges: MergedRanges;
  /** By column: the range begun last, and what its first cell says. */
  readonly #begun = new Map<number, { readonly range: MergedRange; readonly value: CellValue }>();

  constructor(ranges: MergedRanges) {
    this.#ranges = ranges;
  }

  /** A row's cells for one list as a person sees them, and what is wrong where a value is covered by another. */
  seen(
    row: number,
    cells: readonly CellValue[],
    list: StudentList,
  ): { readonly cells: readonly CellValue[]; readonly problems: readonly RowProblem[] } {
    const seen = [...cells];
    const problems: RowProblem[] = [];
    for (const { column, title, found } of list) {
      for (const { index } of found) {
        const range = this.#ranges.covering(row, index);
        if (range === null) continue;
        const own = cells[index] ?? null;
        if (range.firstRow === row) {
          this.#begun.set(index, { range, value: own });
          continue;
        }
        const value = this.#filled(range, index, column === "student_no" || column === "name");
        if (!isBlank(own) && JSON.stringify(own) !== JSON.stringify(value))
          problems.push(problem("cell_covered", title));
        while (seen.length <= index) seen.push(null);
        seen[index] = value;
      }
    }
    return { cells: seen, problems };
  }

  #filled(range: MergedRange, index: number, isStudentsOwn: boolean): CellValue {
    const begun = this.#begun.get(index);
    return isStudentsOwn || begun === undefined || begun.range !== range || range.firstColumn !== index
      ? null
      : begun.value;
  }
}

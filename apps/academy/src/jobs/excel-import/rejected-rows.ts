import type { CellValue } from "@statusplane/xlsx";
import { isBlank, type Place } from "./header-row.ts";
import type { RowError } from "./reader-messages.ts";
import { RejectedWorkbook } from "./rejected-workbook.ts";
import type { RowProblem } from "./row-problems.ts";
import { REJECTED_TITLES, STUDENT_COLUMNS } from "./student-columns.ts";
import type { StudentRow } from "./student-rows.ts";

/** An import's result shows this many errors; all of them are in the rejected rows' workbook. */
const SHOWN_ERRORS = 20;
const TITLES = [...STUDENT_COLUMNS.map(([, title]) => title), ...REJECTED_TITLES];

const MEBIBYTE = 1_048_576;
/** What the rejected rows' sheet may hold: so many bytes of any file, and so many for each of its own. */
const BASE_BYTES = 24 * MEBIBYTE;
const BYTES_PER_BYTE = 48;

/** The rejected rows: the first few for the result, all of them for a workbook that can be mended and sent again. */
export class RejectedRows {
  readonly errors: RowError[] = [];
  count = 0;
  readonly #path: string;
  readonly #maxBytes: number;
  #workbook: RejectedWorkbook | undefined;

  /** @param fileBytes of the workbook that they come from: what pays for them. */
  constructor(path: string, fileBytes: number) {
    this.#path = path;
    this.#maxBytes = BASE_BYTES + fileBytes * BYTES_PER_BYTE;
  }

  async add({ sheet, row, list, cells }: StudentRow, problems: readonly RowProblem[]): Promise<void> {
    this.count += 1;
    const [first] = problems;
    if (first !== undefined && this.errors.length < SHOWN_ERRORS) this.errors.push({ sheet, row, ...first });
    if (this.#workbook === undefined) {
      this.#workbook = await RejectedWorkbook.create(this.#path, this.#maxBytes);
      await this.#workbook.addRow(TITLES);
    }
    const texts: string[] = problems.map(({ message }) => message);
    const values = list.map((place) => {
      const [value = null, ...others] = new Set(valuesOf(place, cells));
      if (others.length === 0) return value;
      // Two values have no one cell: they are told, and the row cannot be sent again as it is without a choice.
      texts.push(`${place.title}: ${[value, ...others].join(" / ")}`);
      return null;
    });
    const join = (key: "column" | "code"): string => problems.map((each) => each[key]).join("; ");
    await this.#workbook.addRow([...values, sheet, row, join("column"), join("code"), texts.join("; ")]);
  }

  /** Makes the file whole, if there is one. */
  async finish(): Promise<void> {
    await this.#workbook?.finish();
  }

  /** Gives the file back, whole or not. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workbook?.close();
  }
}

function valuesOf({ found }: Place, cells: readonly CellValue[]): (string | number)[] {
  const values = found.map(({ index }) => cells[index] ?? null).filter((cell) => !isBlank(cell));
  return values.map(printed).filter((value) => value !== null);
}

function printed(cell: CellValue): string | number | null {
  if (cell === null || typeof cell === "string" || typeof cell === "number") return cell;
  if (typeof cell === "boolean") return cell ? "TRUE" : "FALSE";
  if ("iso" in cell) return cell.iso;
  if ("text" in cell) return cell.text;
  return "error" in cell ? cell.error : null;
}

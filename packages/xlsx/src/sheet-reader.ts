import type { CellContext, CellValue } from "./cell-value.ts";
import { Elements, type PlainElement } from "./elements.ts";
import type { Attributes } from "./main-xml.ts";
import { MergedRanges, mergedRangeOf } from "./merged-ranges.ts";
import { ParsedRow } from "./parsed-row.ts";
import { PlainRow, type ColumnRange } from "./plain-row.ts";
import { XlsxError } from "./xlsx-error.ts";

export interface Row {
  /** As it is shown, from 1. */
  readonly number: number;
  /** Hidden by hand, by a filter, or with its group: a person who opens the file does not see it. */
  readonly hidden: boolean;
  /** From column A to the last cell that is not blank. */
  readonly cells: readonly CellValue[];
}

export interface SheetOptions extends CellContext {
  readonly maxElementBytes: number;
  readonly maxMergedRanges: number;
  /** Asked for each row: cells outside stay null. */
  readonly range: () => ColumnRange;
}

/** Reads a sheet's part: its rows as its bytes arrive, and what stands behind them. */
export class SheetReader {
  readonly merged = new MergedRanges();
  readonly #options: SheetOptions;
  readonly #elements: Elements;
  readonly #plainRow: PlainRow;
  #rows: Row[] = [];
  #lastRow = 0;
  #parsedRow: ParsedRow | null = null;
  #range: ColumnRange = { from: 0, to: 0 };

  constructor(options: SheetOptions) {
    this.#options = options;
    this.#plainRow = new PlainRow(options);
    this.#elements = new Elements({
      path: ["worksheet", "sheetData"],
      name: "row",
      maxElementBytes: options.maxElementBytes,
      plain: (element) => this.#takePlain(element),
      open: (name, attributes, depth) => this.#opened(name, attributes, depth),
      close: (name, depth) => this.#closed(name, depth),
      text: (text) => this.#parsedRow?.text(text),
    });
  }

  /**
   * Takes the next bytes (UTF-8, no character cut) and answers the rows that are whole now.
   * @throws {unreadable | too_large | too_complex}
   */
  push(chunk: Buffer): Row[] {
    this.#rows = [];
    this.#elements.push(chunk);
    return this.#rows;
  }

  /**
   * Answers the rows that are left.
   * @throws {unreadable} when the XML ended too early.
   */
  finish(): Row[] {
    this.#rows = [];
    this.#elements.finish();
    return this.#rows;
  }

  #takePlain(element: PlainElement): boolean {
    const { attributes, text } = element;
    const reference = text.slice(attributes.refStart, attributes.refEnd);
    const { hidden } = attributes;
    const cells = this.#plainRow.read(element, this.#wanted());
    if (cells === null) return false;
    this.#add({ reference, hidden, holdsCells: this.#plainRow.holdsCells }, cells);
    return true;
  }

  #wanted(): ColumnRange {
    const { range, maxColumns } = this.#options;
    const { from, to } = range();
    return { from, to: Math.min(to, maxColumns - 1) };
  }

  #opened(name: string, attributes: Attributes, depth: number): void {
    if (depth === ROW_DEPTH && name === "row") {
      this.#range = this.#wanted();
      this.#parsedRow = new ParsedRow(attributes, this.#options);
    } else if (this.#parsedRow !== null) this.#parsedRow.open(name, attributes);
    else if (name === "mergeCell") this.#merge(attributes.get("ref") ?? "");
  }

  #merge(reference: string): void {
    const range = mergedRangeOf(reference);
    if (range !== null) this.merged.add(range);
    if (this.merged.count > this.#options.maxMergedRanges)
      throw new XlsxError("too_complex", "merged ranges");
  }

  #closed(name: string, depth: number): void {
    if (this.#parsedRow === null) return;
    if (depth > ROW_DEPTH) {
      this.#parsedRow.close(name);
      return;
    }
    const { attributes, cells, holdsCells } = this.#parsedRow;
    this.#parsedRow = null;
    const { from, to } = this.#range;
    const hidden = ["1", "true"].includes(attributes.get("hidden") ?? "");
    this.#add({ reference: attributes.get("r") ?? "", hidden, holdsCells }, within(cells, from, to));
  }

  /** A row without a number (or with nonsense) has the one after the last row's. One without any cell is left out. */
  #add({ reference, hidden, holdsCells }: RowTag, cells: readonly CellValue[]): void {
    const given = Number(reference);
    this.#lastRow = Number.isSafeInteger(given) && given > 0 ? given : this.#lastRow + 1;
    if (holdsCells) this.#rows.push({ number: this.#lastRow, hidden, cells });
  }
}

interface RowTag {
  readonly reference: string;
  readonly hidden: boolean;
  readonly holdsCells: boolean;
}

/** Rows lie in sheetData in worksheet. */
const ROW_DEPTH = 2;

function within(cells: readonly CellValue[], from: number, to: number): CellValue[] {
  return cells.slice(0, to + 1).map((cell, column) => (column < from ? null : cell));
}

import { boundedText, cellValue, type CellContext, type CellValue } from "./cell-value.ts";
import { TagAttributes } from "./tag-attributes.ts";
import { findRoot } from "./xml-stream.ts";
import { isNameEnd, richText } from "./xml-text.ts";
import { XlsxError } from "./xlsx-error.ts";

export interface Row {
  /** As Excel shows it, from 1. */
  readonly number: number;
  /** From column A to the last cell that is not blank. */
  readonly cells: readonly CellValue[];
}

/** Columns from 0, both inclusive. */
export interface ColumnRange {
  readonly from: number;
  readonly to: number;
}

export interface TokenizerOptions extends CellContext {
  readonly maxColumns: number;
  readonly maxRowXmlChars: number;
  /** Asked for each row: cells outside are passed over unread. */
  readonly range: () => ColumnRange;
}

const SLASH = 0x2f;
const LETTER_A = 0x41;
const LETTER_Z = 0x5a;
const LETTER_V = 0x76;

/**
 * Cuts a sheet's XML into rows as the text arrives. States: `root` until the root element is seen → `data` until
 * `<sheetData>` → `rows` → `end` after `</sheetData>`. Only a row that is whole is looked at, so at most one row and
 * one chunk are held.
 */
export class SheetTokenizer {
  readonly #options: TokenizerOptions;
  #state: "root" | "data" | "rows" | "end" = "root";
  #prefix = "";
  #tags = tagsOf("");
  #text = "";
  /** Where to look on for the end of a row that is not whole yet: nothing is searched twice. */
  #searchFrom = 0;
  #lastRow = 0;
  readonly #attributes = new TagAttributes();
  #contentEnd = 0;

  constructor(options: TokenizerOptions) {
    this.#options = options;
  }

  /**
   * Takes the next piece of text and answers the rows that are whole now.
   * @throws {unreadable | too_large}
   */
  push(text: string): Row[] {
    if (this.#state === "end") return []; // read on nevertheless: the part's checksum comes after its last byte
    this.#text = this.#text === "" ? text : this.#text + text;
    if (this.#state === "root") this.#findRoot();
    if (this.#state === "data") this.#findData();
    return this.#state === "rows" ? this.#takeRows() : [];
  }

  /** @throws {unreadable} when the XML ended too early. */
  finish(): void {
    if (this.#state !== "end") throw new XlsxError("unreadable", "a sheet is cut off");
  }

  #findRoot(): void {
    const root = findRoot(this.#text);
    if (root === null) return;
    this.#prefix = root.prefix;
    this.#tags = tagsOf(root.prefix);
    this.#text = this.#text.slice(root.at);
    this.#state = "data";
  }

  #findData(): void {
    const tag = `<${this.#prefix}sheetData`;
    const at = this.#text.indexOf(tag);
    const close = at === -1 ? -1 : this.#text.indexOf(">", at);
    if (close === -1) {
      this.#text = this.#text.slice(at === -1 ? -tag.length : at);
      return;
    }
    this.#state = this.#text.charCodeAt(close - 1) === SLASH ? "end" : "rows";
    this.#text = this.#text.slice(close + 1);
  }

  #takeRows(): Row[] {
    const rows: Row[] = [];
    const text = this.#text;
    const { row: rowTag, rowEnd } = this.#tags;
    let at = 0;
    for (;;) {
      const tag = text.indexOf("<", at);
      if (tag === -1) return this.#keep(text.length, text.length, rows);
      const nameEnd = tag + rowTag.length;
      if (text.length < nameEnd + 8) return this.#keep(tag, tag, rows); // may be cut within the name
      if (!text.startsWith(rowTag, tag) || !isNameEnd(text.charCodeAt(nameEnd))) {
        if (text.startsWith(`</${this.#prefix}sheetData`, tag)) return this.#end(rows);
        at = tag + 1;
        continue;
      }
      const open = text.indexOf(">", nameEnd);
      if (open === -1) return this.#keep(tag, tag, rows);
      if (text.charCodeAt(open - 1) === SLASH) {
        this.#rowNumber(text, nameEnd, open);
        at = open + 1;
        continue;
      }
      const close = text.indexOf(rowEnd, Math.max(open, this.#searchFrom));
      if (close === -1) return this.#keep(tag, text.length - rowEnd.length, rows);
      this.#searchFrom = 0;
      if (close - tag > this.#options.maxRowXmlChars) throw new XlsxError("too_large", "a row's XML");
      const number = this.#rowNumber(text, nameEnd, open);
      rows.push({ number, cells: this.#cells(text, open + 1, close) });
      at = close + rowEnd.length;
    }
  }

  #keep(from: number, searchFrom: number, rows: Row[]): Row[] {
    this.#text = this.#text.slice(from);
    this.#searchFrom = Math.max(0, searchFrom - from);
    if (this.#text.length > this.#options.maxRowXmlChars) throw new XlsxError("too_large", "a row's XML");
    return rows;
  }

  #end(rows: Row[]): Row[] {
    this.#state = "end";
    this.#text = "";
    return rows;
  }

  /** The row's `r`; without one (or with nonsense) the number after the last row's. */
  #rowNumber(text: string, from: number, to: number): number {
    this.#attributes.read(text, from, to);
    const given = Number(this.#attributes.r);
    this.#lastRow = Number.isSafeInteger(given) && given > 0 ? given : this.#lastRow + 1;
    return this.#lastRow;
  }

  #cells(text: string, from: number, to: number): CellValue[] {
    const cells: CellValue[] = [];
    const range = this.#options.range();
    const last = Math.min(range.to, this.#options.maxColumns - 1);
    let at = from;
    let column = -1;
    for (;;) {
      const tag = text.indexOf("<", at);
      if (tag === -1 || tag >= to) return cells;
      const nameEnd = tag + this.#tags.cell.length;
      const open = text.indexOf(">", tag);
      if (open === -1 || open >= to) throw new XlsxError("unreadable", "a cell without its end");
      at = open + 1;
      if (!text.startsWith(this.#tags.cell, tag) || !isNameEnd(text.charCodeAt(nameEnd))) continue;
      this.#attributes.read(text, nameEnd, open);
      column = columnOf(this.#attributes.r) ?? column + 1;
      if (column > last) return cells; // cells come in ascending order (ECMA-376, 18.3.1.73)
      if (text.charCodeAt(open - 1) === SLASH) continue;
      if (column < range.from) {
        at = text.indexOf(this.#tags.cellEnd, at);
        if (at === -1 || at >= to) throw new XlsxError("unreadable", "a cell without its end");
        at = text.indexOf(">", at) + 1;
        continue;
      }
      const value = this.#content(text, at, to);
      at = this.#contentEnd;
      if (value === null) continue;
      while (cells.length < column) cells.push(null);
      cells[column] = value;
    }
  }

  /** Walks a cell's children up to its end tag: `<f>`, `<v>`, `<is>`, in any order; leaves `#contentEnd` behind it. */
  #content(text: string, from: number, to: number): CellValue {
    let value: CellValue = null;
    let at = from;
    for (;;) {
      const tag = text.indexOf("<", at);
      if (tag === -1 || tag >= to) throw new XlsxError("unreadable", "a cell without its end");
      if (text.charCodeAt(tag + 1) === SLASH) {
        this.#contentEnd = text.indexOf(">", tag) + 1;
        return value;
      }
      const open = text.indexOf(">", tag);
      at = open + 1;
      if (open === -1 || text.charCodeAt(open - 1) === SLASH) continue;
      const name = this.#childName(text, tag, open);
      const close = text.indexOf(name === "v" ? this.#tags.valueEnd : `</${this.#prefix}${name}`, at);
      if (close === -1 || close > to) throw new XlsxError("unreadable", "a cell's value without its end");
      if (name === "v") {
        value = cellValue(text.slice(at, close), this.#attributes.t, this.#attributes.s, this.#options);
      } else if (name === "is") {
        const inline = richText(text, { start: at, end: close, prefix: this.#prefix });
        value = boundedText(inline, this.#options.maxCellChars);
      }
      at = text.indexOf(">", close) + 1;
    }
  }

  /** A child's name without the prefix; nearly always `<v>`, which is told by two characters. */
  #childName(text: string, tag: number, open: number): string {
    const start = tag + 1 + this.#prefix.length;
    if (text.charCodeAt(start) === LETTER_V && open === start + 1) return "v";
    let end = start;
    while (end < open && !isNameEnd(text.charCodeAt(end))) end++;
    return text.slice(start, end);
  }
}

function tagsOf(
  prefix: string,
): Readonly<Record<"row" | "rowEnd" | "cell" | "cellEnd" | "valueEnd", string>> {
  return {
    row: `<${prefix}row`,
    rowEnd: `</${prefix}row`,
    cell: `<${prefix}c`,
    cellEnd: `</${prefix}c`,
    valueEnd: `</${prefix}v`,
  };
}

/** The column of a reference such as `AB12`, from 0; null when it names none. */
function columnOf(reference: string): number | null {
  let column = 0;
  for (let i = 0; i < reference.length; i++) {
    const code = reference.charCodeAt(i);
    if (code < LETTER_A || code > LETTER_Z) break;
    column = column * 26 + (code - LETTER_A + 1);
    if (column > 1_000_000) return 1_000_000;
  }
  return column === 0 ? null : column - 1;
}

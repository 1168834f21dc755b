import type { CellContext, CellValue } from "./cell-value.ts";
import { RowCells, type ColumnRange, type XmlPiece } from "./row-cells.ts";
import { TagAttributes } from "./tag-attributes.ts";
import { findRoot } from "./xml-stream.ts";
import { isNameEnd } from "./xml-text.ts";
import { XlsxError } from "./xlsx-error.ts";

export interface Row {
  /** As Excel shows it, from 1. */
  readonly number: number;
  /** Hidden by hand, by a filter, or with its group: a person who opens the file does not see it. */
  readonly hidden: boolean;
  /** From column A to the last cell that is not blank. */
  readonly cells: readonly CellValue[];
}

export interface TokenizerOptions extends CellContext {
  readonly maxColumns: number;
  readonly maxRowXmlChars: number;
  /** Asked for each row: cells outside are passed over unread. */
  readonly range: () => ColumnRange;
}

const SLASH = 0x2f;
const NO_BYTES = Buffer.alloc(0);
/** How a row's end tag ends: seldom elsewhere, so that the search jumps from row to row instead of from tag to tag. */
const ROW_END_TAIL = "ow";

/**
 * Cuts a sheet's XML (UTF-8) into rows as it arrives. States: `root` until the root element is seen → `data` until
 * `<sheetData>` → `rows` → `end` after `</sheetData>`. Only a row that is whole is looked at, so at most one row and
 * one chunk are held.
 */
export class SheetTokenizer {
  readonly #options: TokenizerOptions;
  #state: "root" | "data" | "rows" | "end" = "root";
  #prefix = "";
  #cells: RowCells;
  #piece: XmlPiece = { bytes: NO_BYTES, text: "" };
  #room: Buffer = NO_BYTES;
  /** Where to look on for the end of a row that is not whole yet: nothing is searched twice. */
  #searchFrom = 0;
  #lastRow = 0;
  readonly #attributes = new TagAttributes();

  constructor(options: TokenizerOptions) {
    this.#options = options;
    this.#cells = new RowCells(options, "");
  }

  /**
   * Takes the next bytes and answers the rows that are whole now.
   * @throws {unreadable | too_large}
   */
  push(chunk: Buffer): Row[] {
    if (this.#state === "end") return []; // read on nevertheless: the part's checksum comes after its last byte
    this.#hold(this.#piece.bytes.length === 0 ? chunk : this.#joined(this.#piece.bytes, chunk));
    if (this.#state === "root") this.#findRoot();
    if (this.#state === "data") this.#findData();
    return this.#state === "rows" ? this.#takeRows() : [];
  }

  /** @throws {unreadable} when the XML ended too early. */
  finish(): void {
    if (this.#state !== "end") throw new XlsxError("unreadable", "a sheet is cut off");
  }

  /** What is held and the next chunk in one piece of memory, the same each time: nothing outlives its piece. */
  #joined(held: Buffer, chunk: Buffer): Buffer {
    const length = held.length + chunk.length;
    const room = length > this.#room.length ? Buffer.allocUnsafeSlow(length * 2) : this.#room;
    room.set(held, 0); // may lie in the same memory: moved as if through a copy
    room.set(chunk, held.length);
    this.#room = room;
    return room.subarray(0, length);
  }

  #hold(bytes: Buffer): void {
    this.#piece = { bytes, text: bytes.toString("latin1") };
  }

  #findRoot(): void {
    const { bytes, text } = this.#piece;
    const root = findRoot(text);
    if (root === null) return;
    this.#prefix = root.prefix;
    this.#cells = new RowCells(this.#options, root.prefix);
    this.#hold(bytes.subarray(root.at));
    this.#state = "data";
  }

  #findData(): void {
    const { bytes, text } = this.#piece;
    const tag = `<${this.#prefix}sheetData`;
    const at = text.indexOf(tag);
    const close = at === -1 ? -1 : text.indexOf(">", at);
    if (close === -1) {
      this.#hold(bytes.subarray(at === -1 ? -tag.length : at));
      return;
    }
    this.#state = bytes[close - 1] === SLASH ? "end" : "rows";
    this.#hold(bytes.subarray(close + 1));
  }

  #takeRows(): Row[] {
    const rows: Row[] = [];
    const { bytes, text } = this.#piece;
    const rowTag = `<${this.#prefix}row`;
    const rowEnd = `</${this.#prefix}row`;
    let at = 0;
    for (;;) {
      const tag = text.indexOf("<", at);
      if (tag === -1) return this.#keep(text.length, text.length, rows);
      const nameEnd = tag + rowTag.length;
      if (text.length < nameEnd + 8) return this.#keep(tag, tag, rows); // may be cut within the name
      if (!text.startsWith(rowTag, tag) || !isNameEnd(bytes[nameEnd] ?? 0)) {
        if (text.startsWith(`</${this.#prefix}sheetData`, tag)) return this.#end(rows);
        at = tag + 1;
        continue;
      }
      const open = text.indexOf(">", nameEnd);
      if (open === -1) return this.#keep(tag, tag, rows);
      if (bytes[open - 1] === SLASH) {
        this.#rowNumber(nameEnd, open);
        at = open + 1;
        continue;
      }
      const close = findRowEnd(text, rowEnd, Math.max(open, this.#searchFrom));
      if (close === -1) return this.#keep(tag, text.length - rowEnd.length, rows);
      this.#searchFrom = 0;
      this.#bound(tag, close);
      const number = this.#rowNumber(nameEnd, open);
      rows.push({
        number,
        hidden: false,
        cells: this.#cells.read(this.#piece, { from: open + 1, to: close, range: this.#range() }),
      });
      at = close + rowEnd.length;
    }
  }

  #range(): ColumnRange {
    const { range, maxColumns } = this.#options;
    const { from, to } = range();
    return { from, to: Math.min(to, maxColumns - 1) };
  }

  #keep(from: number, searchFrom: number, rows: Row[]): Row[] {
    this.#bound(from, this.#piece.bytes.length);
    this.#hold(this.#piece.bytes.subarray(from));
    this.#searchFrom = Math.max(0, searchFrom - from);
    return rows;
  }

  /** @throws {too_large} when a row is longer than the limit. Characters are counted only where its bytes are more. */
  #bound(from: number, to: number): void {
    const { maxRowXmlChars } = this.#options;
    if (to - from <= maxRowXmlChars) return;
    if (this.#piece.bytes.toString("utf8", from, to).length <= maxRowXmlChars) return;
    throw new XlsxError("too_large", "a row's XML");
  }

  #end(rows: Row[]): Row[] {
    this.#state = "end";
    this.#piece = { bytes: NO_BYTES, text: "" };
    return rows;
  }

  /** The row's `r`; without one (or with nonsense) the number after the last row's. */
  #rowNumber(from: number, to: number): number {
    this.#attributes.read(this.#piece.bytes, from, to);
    const { refStart, refEnd } = this.#attributes;
    const given = Number(this.#piece.text.slice(refStart, refEnd));
    this.#lastRow = Number.isSafeInteger(given) && given > 0 ? given : this.#lastRow + 1;
    return this.#lastRow;
  }
}

function findRowEnd(text: string, rowEnd: string, from: number): number {
  const before = rowEnd.length - ROW_END_TAIL.length;
  let at = from + before;
  for (;;) {
    const tail = text.indexOf(ROW_END_TAIL, at);
    if (tail === -1) return -1;
    if (text.startsWith(rowEnd, tail - before)) return tail - before;
    at = tail + 1;
  }
}

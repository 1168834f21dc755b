import { boundedText, cellValue, type CellContext, type CellValue } from "./cell-value.ts";
import { TagAttributes } from "./tag-attributes.ts";
import { decodeCellText, isNameEnd, richText } from "./xml-text.ts";
import { XlsxError } from "./xlsx-error.ts";

/** Columns from 0, both inclusive. */
export interface ColumnRange {
  readonly from: number;
  readonly to: number;
}

/**
 * A piece of XML in UTF-8, and the same bytes as a string of one character each (Latin-1): a position is the same in
 * both. The string is quick to search and to cut, the bytes to look at one by one; only text that is not ASCII is decoded.
 */
export interface XmlPiece {
  readonly bytes: Buffer;
  readonly text: string;
}

const AMPERSAND = 0x26;
const CARRIAGE_RETURN = 0x0d;
const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const SLASH = 0x2f;
const UNDERSCORE = 0x5f;
const LETTER_A = 0x41;
const LETTER_Z = 0x5a;
const LETTER_V = 0x76;
const MAX_ASCII = 0x7f;

const INLINE_START = "<is><t>";
const INLINE_END = "</t></is></c>";
const VALUE_END = "</v></c>";

/** Reads the cells of one row's XML. */
export class RowCells {
  readonly #context: CellContext;
  readonly #prefix: string;
  readonly #cellTag: string;
  readonly #cellEnd: string;
  readonly #attributes = new TagAttributes();
  #piece: XmlPiece = { bytes: Buffer.alloc(0), text: "" };
  /** Behind the end tag of the cell last read. */
  #contentEnd = 0;

  /** @param prefix of the sheet's namespace with its colon, usually empty. */
  constructor(context: CellContext, prefix: string) {
    this.#context = context;
    this.#prefix = prefix;
    this.#cellTag = `<${prefix}c`;
    this.#cellEnd = `</${prefix}c`;
  }

  /**
   * Reads the cells between two positions; those outside the range are passed over unread.
   * @throws {unreadable | too_large}
   */
  read(piece: XmlPiece, { from, to, range }: { from: number; to: number; range: ColumnRange }): CellValue[] {
    this.#piece = piece;
    const { bytes, text } = piece;
    const cells: CellValue[] = [];
    let at = from;
    let column = -1;
    for (;;) {
      const tag = bytes[at] === LESS_THAN ? at : text.indexOf("<", at);
      if (tag === -1 || tag >= to) return cells;
      const nameEnd = tag + this.#cellTag.length;
      let open = tag;
      while (open < to && bytes[open] !== GREATER_THAN) open++;
      if (open >= to) throw new XlsxError("unreadable", "a cell without its end");
      at = open + 1;
      if (!text.startsWith(this.#cellTag, tag) || !isNameEnd(bytes[nameEnd] ?? 0)) continue;
      this.#attributes.read(bytes, nameEnd, open);
      column = columnOf(bytes, this.#attributes) ?? column + 1;
      if (column > range.to) return cells; // cells come in ascending order (ECMA-376, 18.3.1.73)
      if (bytes[open - 1] === SLASH) continue;
      if (column < range.from) {
        at = text.indexOf(this.#cellEnd, at);
        if (at === -1 || at >= to) throw new XlsxError("unreadable", "a cell without its end");
        at = text.indexOf(">", at) + 1;
        continue;
      }
      const value = this.#usualContent(at, to) ?? this.#content(at, to);
      at = this.#contentEnd;
      if (value === null) continue;
      while (cells.length < column) cells.push(null);
      cells[column] = value;
    }
  }

  /**
   * A cell as nearly all are written: one `<v>`, or one `<is>` of one `<t>`, and nothing else. Undefined for all others
   * and for blanks; then nothing is read.
   */
  #usualContent(at: number, to: number): CellValue | undefined {
    const { bytes, text } = this.#piece;
    const value = bytes[at + 1] === LETTER_V && bytes[at + 2] === GREATER_THAN && bytes[at] === LESS_THAN;
    if (!value && !text.startsWith(INLINE_START, at)) return undefined;
    const start = at + (value ? 3 : INLINE_START.length);
    let bits = 0;
    let escaped = false;
    let end = start;
    for (; end < to; end++) {
      const byte = bytes[end] ?? 0;
      if (byte === LESS_THAN) break;
      bits |= byte;
      if (byte === AMPERSAND || byte === CARRIAGE_RETURN || byte === UNDERSCORE) escaped = true;
    }
    const endTag = value ? VALUE_END : INLINE_END;
    if (!text.startsWith(endTag, end)) return undefined;
    this.#contentEnd = end + endTag.length;
    const raw = bits > MAX_ASCII ? bytes.toString("utf8", start, end) : text.slice(start, end);
    if (value) return cellValue(raw, this.#attributes.type, this.#attributes.style, this.#context);
    return boundedText(escaped ? decodeCellText(raw) : raw, this.#context.maxCellChars);
  }

  /** Walks a cell's children up to its end tag: `<f>`, `<v>`, `<is>`, in any order; leaves `#contentEnd` behind it. */
  #content(from: number, to: number): CellValue {
    const { bytes, text } = this.#piece;
    let value: CellValue = null;
    let at = from;
    for (;;) {
      const tag = text.indexOf("<", at);
      if (tag === -1 || tag >= to) throw new XlsxError("unreadable", "a cell without its end");
      if (bytes[tag + 1] === SLASH) {
        this.#contentEnd = text.indexOf(">", tag) + 1;
        return value;
      }
      const open = text.indexOf(">", tag);
      at = open + 1;
      if (open === -1 || bytes[open - 1] === SLASH) continue;
      const name = this.#childName(tag, open);
      const close = text.indexOf(`</${this.#prefix}${name}`, at);
      if (close === -1 || close > to) throw new XlsxError("unreadable", "a cell's value without its end");
      if (name === "v") {
        const raw = bytes.toString("utf8", at, close);
        value = cellValue(raw, this.#attributes.type, this.#attributes.style, this.#context);
      } else if (name === "is") {
        const xml = bytes.toString("utf8", at, close);
        const inline = richText(xml, { start: 0, end: xml.length, prefix: this.#prefix });
        value = boundedText(inline, this.#context.maxCellChars);
      }
      at = text.indexOf(">", close) + 1;
    }
  }

  /** A child's name without the prefix. */
  #childName(tag: number, open: number): string {
    const { bytes, text } = this.#piece;
    const start = tag + 1 + this.#prefix.length;
    let end = start;
    while (end < open && !isNameEnd(bytes[end] ?? 0)) end++;
    return text.slice(start, end);
  }
}

/** The column of a reference such as `AB12`, from 0; null when it names none. */
function columnOf(bytes: Uint8Array, { refStart, refEnd }: TagAttributes): number | null {
  let column = 0;
  for (let i = refStart; i < refEnd; i++) {
    const code = bytes[i] ?? 0;
    if (code < LETTER_A || code > LETTER_Z) break;
    column = column * 26 + (code - LETTER_A + 1);
    if (column > 1_000_000) return 1_000_000;
  }
  return column === 0 ? null : column - 1;
}

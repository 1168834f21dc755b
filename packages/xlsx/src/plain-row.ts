import { cellValue, textValue, UNCALCULATED, type CellContext, type CellValue } from "./cell-value.ts";
import type { PlainElement } from "./elements.ts";
import { RichText } from "./rich-text.ts";
import { TagAttributes } from "./tag-attributes.ts";
import { decodeXml, isNameEnd } from "./xml-text.ts";

/** Columns from 0, both inclusive. */
export interface ColumnRange {
  readonly from: number;
  readonly to: number;
}

const LESS_THAN = 0x3c;
const SLASH = 0x2f;
const AMPERSAND = 0x26;
const CARRIAGE_RETURN = 0x0d;
const LETTER_A = 0x41;
const LETTER_Z = 0x5a;
const MAX_ASCII = 0x7f;
/** So many can be looked for by their references. */
const FEW_COLUMNS = 4;
/** Beyond every column there is. */
const FAR_RIGHT = 1_000_000;

const NOTHING: PlainElement = {
  bytes: Buffer.alloc(0),
  text: "",
  attributes: new TagAttributes(),
  from: 0,
  to: 0,
  prefix: "",
};

/**
 * Reads the cells of rows that are written as programs write them: cells of `<f>`, then `<v>`, or of one `<is>`, and
 * nothing between. For anything else it answers null, and the parser reads the row.
 */
export class PlainRow {
  readonly #context: CellContext;
  readonly #attributes = new TagAttributes();
  readonly #formulaTag = new TagAttributes();
  readonly #references = new References();
  #row = NOTHING;
  #rich = new RichText("");
  #cellTag = "<c";
  #cellEnd = "</c>";
  #value = "<v>";
  #valueEnd = "</v></c>";
  #inlineText = "<is><t>";
  #inlineTextEnd = "</t></is></c>";
  #inline = "<is>";
  #inlineEnd = "</is></c>";
  #formula = "<f";
  #formulaEnd = "</f>";
  /** Behind the cell last read. */
  #cellBehind = 0;
  /** Whether the row last read has any cell, blank ones too. */
  holdsCells = false;

  constructor(context: CellContext) {
    this.#context = context;
  }

  /**
   * The cells within the range; those outside are looked at, but not decoded.
   * @throws {unreadable | too_large}
   */
  read(row: PlainElement, range: ColumnRange): CellValue[] | null {
    if (row.prefix !== this.#row.prefix) this.#spell(row.prefix);
    this.#row = row;
    const { bytes, text, to } = row;
    const cells: CellValue[] = [];
    let at = row.from;
    let column = -1;
    this.holdsCells = false;
    for (;;) {
      const tag = bytes[at] === LESS_THAN ? at : text.indexOf("<", at);
      if (tag === -1 || tag >= to) return cells;
      const nameEnd = tag + this.#cellTag.length;
      if (!text.startsWith(this.#cellTag, tag) || !isNameEnd(bytes[nameEnd] ?? 0)) return null;
      const open = this.#attributes.read(bytes, nameEnd, to);
      if (open < 0) return null;
      this.holdsCells = true;
      column = this.#column() ?? column + 1;
      at = open + 1;
      if (column > range.to && !this.#mayComeBack(at, range)) return cells;
      if (bytes[open - 1] === SLASH) continue;
      const wanted = column >= range.from && column <= range.to;
      const value = this.#content(at, to, wanted);
      if (value === undefined) return null;
      at = this.#cellBehind;
      if (value === null || !wanted) continue;
      while (cells.length < column) cells.push(null);
      cells[column] = value;
    }
  }

  /**
   * Whether a cell of the range may stand behind one that lies right of it: programs write cells in order
   * (ECMA-376, 18.3.1.73), but not all do. Where few columns are wanted, their references are searched for.
   */
  #mayComeBack(at: number, range: ColumnRange): boolean {
    return range.to - range.from >= FEW_COLUMNS || this.#references.within(this.#row, at, range);
  }

  #spell(prefix: string): void {
    this.#rich = new RichText(prefix);
    this.#cellTag = `<${prefix}c`;
    this.#cellEnd = `</${prefix}c>`;
    this.#value = `<${prefix}v>`;
    this.#valueEnd = `</${prefix}v></${prefix}c>`;
    this.#inlineText = `<${prefix}is><${prefix}t>`;
    this.#inlineTextEnd = `</${prefix}t></${prefix}is></${prefix}c>`;
    this.#inline = `<${prefix}is>`;
    this.#inlineEnd = `</${prefix}is></${prefix}c>`;
    this.#formula = `<${prefix}f`;
    this.#formulaEnd = `</${prefix}f>`;
  }

  /** Reads from behind a cell's tag and leaves `#cellBehind` behind its end tag; undefined: not plain. */
  #content(from: number, to: number, wanted: boolean): CellValue | undefined {
    const { text } = this.#row;
    if (text.startsWith(this.#value, from)) return this.#valueAt(from + this.#value.length, wanted);
    if (text.startsWith(this.#inlineText, from)) {
      const value = this.#inlineAt(from + this.#inlineText.length, wanted);
      if (value !== undefined) return value;
    }
    if (text.startsWith(this.#inline, from)) return this.#richAt(from + this.#inline.length, to, wanted);
    if (text.startsWith(this.#cellEnd, from)) {
      this.#cellBehind = from + this.#cellEnd.length;
      return null;
    }
    return text.startsWith(this.#formula, from) ? this.#formulaAt(from, to, wanted) : undefined;
  }

  #valueAt(start: number, wanted: boolean): CellValue | undefined {
    const text = this.#textAt(start, this.#valueEnd, wanted);
    return typeof text === "string" ? cellValue(text, this.#attributes, this.#context) : text;
  }

  /** One `<t>`, as nearly all inline texts are. */
  #inlineAt(start: number, wanted: boolean): CellValue | undefined {
    const text = this.#textAt(start, this.#inlineTextEnd, wanted);
    return typeof text === "string" ? textValue(text, this.#context) : text;
  }

  /** The text up to the end of its cell, references decoded; null: not wanted, undefined: not plain. */
  #textAt(start: number, endTag: string, wanted: boolean): string | null | undefined {
    const { bytes, text, to } = this.#row;
    let bits = 0;
    let escaped = false;
    let end = start;
    for (; end < to; end++) {
      const byte = bytes[end] ?? 0;
      if (byte === LESS_THAN) break;
      bits |= byte;
      if (byte === AMPERSAND || byte === CARRIAGE_RETURN) escaped = true;
    }
    if (!text.startsWith(endTag, end)) return undefined;
    this.#cellBehind = end + endTag.length;
    if (!wanted) return null;
    const raw = bits > MAX_ASCII ? bytes.toString("utf8", start, end) : text.slice(start, end);
    return escaped ? (decodeXml(raw) ?? undefined) : raw;
  }

  #richAt(start: number, to: number, wanted: boolean): CellValue | undefined {
    const { text } = this.#row;
    const end = text.indexOf(this.#inlineEnd, start);
    if (end === -1 || end > to) return undefined;
    this.#cellBehind = end + this.#inlineEnd.length;
    if (!wanted) return null;
    const inline = this.#rich.read(this.#row, start, end);
    return inline === null ? undefined : textValue(inline, this.#context);
  }

  /** A formula has its answer behind it, or none. */
  #formulaAt(from: number, to: number, wanted: boolean): CellValue | undefined {
    const { bytes, text } = this.#row;
    const nameEnd = from + this.#formula.length;
    if (!isNameEnd(bytes[nameEnd] ?? 0)) return undefined;
    const open = this.#formulaTag.read(bytes, nameEnd, to);
    if (open < 0) return undefined;
    const end =
      bytes[open - 1] === SLASH ? open + 1 : text.indexOf(this.#formulaEnd, open) + this.#formulaEnd.length;
    if (end > to || end < open) return undefined;
    const value = text.startsWith(this.#formula, end) ? undefined : this.#content(end, to, wanted);
    const blank = value === null && this.#attributes.type !== "text"; // a formula's text may be empty
    return blank && wanted ? UNCALCULATED : value;
  }

  /** The column of the cell's reference, from 0; null when it names none. */
  #column(): number | null {
    const { bytes } = this.#row;
    const { refStart, refEnd } = this.#attributes;
    let column = 0;
    for (let i = refStart; i < refEnd; i++) {
      const code = bytes[i] ?? 0;
      if (code < LETTER_A || code > LETTER_Z) break;
      column = column * 26 + (code - LETTER_A + 1);
      if (column > FAR_RIGHT) return FAR_RIGHT;
    }
    return column === 0 ? null : column - 1;
  }
}

/**
 * Where in a piece the next reference to a few columns stands, however XML lets it be written: what one reading passes
 * over must be what another one sees. Each piece is searched once.
 */
class References {
  #from = -1;
  #to = -1;
  #pattern = /(?!)/g;
  #bytes: Uint8Array | null = null;
  #next = -1;

  within({ bytes, text, to: end }: PlainElement, at: number, { from, to }: ColumnRange): boolean {
    if (from !== this.#from || to !== this.#to || bytes !== this.#bytes) {
      const columns = Array.from({ length: to - from + 1 }, (_, i) => lettersOf(from + i));
      this.#pattern = new RegExp(`r\\s*=\\s*["'](?:&|${columns.join("|")})`, "g");
      this.#next = -1;
      this.#from = from;
      this.#to = to;
      this.#bytes = bytes;
    }
    if (this.#next < at) {
      this.#pattern.lastIndex = at;
      this.#next = this.#pattern.exec(text)?.index ?? text.length;
    }
    return this.#next < end;
  }
}

function lettersOf(column: number): string {
  const last = String.fromCharCode(LETTER_A + (column % 26));
  return column < 26 ? last : lettersOf(Math.floor(column / 26) - 1) + last;
}

import { AS_DATE, type NumberFormat } from "./number-format.ts";
import { isoOfSerial } from "./serial-date.ts";
import type { SharedStrings } from "./shared-strings.ts";
import { cellText } from "./xml-text.ts";
import { XlsxError } from "./xlsx-error.ts";

/** A date, a date with time, or a time of day: ISO 8601 without zone. */
export interface CellDate {
  readonly iso: string;
}
/** What a formula answered instead of a value: `#N/A`, `#REF!`, … */
export interface CellError {
  readonly error: string;
}
/** A number whose cell shows more or less than its digits, by a format such as `00000000`, `"S-"0000` or `0"반"`. */
export interface CellNumber {
  readonly number: number;
  /** As the cell shows it. */
  readonly text: string;
}
/** A formula whose answer the file does not hold, for the program that wrote it calculates nothing. */
export interface CellUncalculated {
  readonly uncalculated: true;
}
/**
 * What a cell says. null: it is blank or does not exist. A plain number is shown as its digits, or in a way that means
 * no more than they do (thousands, decimals, percent, exponents).
 */
export type CellValue =
  string | number | boolean | CellDate | CellNumber | CellError | CellUncalculated | null;

export interface CellContext {
  readonly strings: SharedStrings | null;
  /** By a cell's style index; undefined: General. */
  readonly formats: readonly (NumberFormat | undefined)[];
  readonly date1904: boolean;
  readonly maxCellChars: number;
  /** Cells further right are ignored. */
  readonly maxColumns: number;
}

/** What is known of a cell before its value. */
export interface CellKind {
  /** The `t` attribute: "" means a number; every text but those of one letter is `text`. */
  readonly type: string;
  /** The `s` attribute: an index into the formats. */
  readonly style: number;
}

export const UNCALCULATED: CellUncalculated = { uncalculated: true };
const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?|^\d\d:\d\d(?::\d\d(?:\.\d+)?)?/;
const COMPACT_ISO = /^(\d{4})(\d\d)(\d\d)(?=T|$)/;
/** What JavaScript takes for a number and XML does not. */
const NOT_DECIMAL = /^0[xob]/i;
/** Longer is no number, date or index. */
const MAX_SHORT_CHARS = 64;
const SHORT_TYPES = new Set(["", "n", "s", "b", "d"]);

/**
 * What a cell's `<v>` means.
 * @param text its text, references decoded.
 * @throws {unreadable | too_large}
 */
export function cellValue(text: string, { type, style }: CellKind, context: CellContext): CellValue {
  if (text.length > MAX_SHORT_CHARS && SHORT_TYPES.has(type))
    throw new XlsxError("unreadable", "a number of many digits");
  switch (type) {
    case "":
    case "n":
      return numberOrDate(text, style, context);
    case "s":
      return sharedText(text, context);
    case "b":
      return text.trim() === "1" || text.trim() === "true";
    case "e":
      return { error: textValue(text, context) ?? "" };
    case "d": {
      const iso = ISO.exec(text.trim().replace(COMPACT_ISO, "$1-$2-$3"))?.[0];
      return iso === undefined
        ? textValue(text, context)
        : { iso: iso.replace(/T00:00(?::00(?:\.0+)?)?$/, "") };
    }
    default:
      return textValue(text, context);
  }
}

function numberOrDate(text: string, style: number, context: CellContext): CellValue {
  const number = Number(text);
  if (number === 0 && text.trim() === "") return null;
  if (!Number.isFinite(number) || NOT_DECIMAL.test(text)) return textValue(text, context);
  const format = context.formats[style];
  if (format === undefined && Number.isInteger(number)) return number;
  const shown = format?.(number) ?? null;
  const iso = shown === AS_DATE ? isoOfSerial(number, context.date1904) : null;
  if (iso !== null) return { iso };
  if (shown !== null && shown !== AS_DATE) return { number, text: shown };
  // Spreadsheets calculate and show 15 digits: what comes behind them is noise.
  return Number.isInteger(number) ? number : Number(number.toPrecision(15));
}

function sharedText(text: string, { strings }: CellContext): CellValue {
  if (strings === null) throw new XlsxError("unreadable", "the shared strings are missing");
  const shared = strings.get(text.trim() === "" ? Number.NaN : Number(text));
  return shared === "" ? null : shared;
}

/**
 * A text as a cell holds it; an empty one is a blank cell.
 * @throws {too_large} beyond the limit of a cell.
 */
export function textValue(text: string, { maxCellChars }: Pick<CellContext, "maxCellChars">): string | null {
  const cell = cellText(text);
  if (cell.length > maxCellChars) throw new XlsxError("too_large", `a cell of ${cell.length} characters`);
  return cell === "" ? null : cell;
}

/** A cell's type from its `t` attribute, as {@link CellKind} has it. */
export function cellType(attribute: string): string {
  return attribute.length > 1 ? "text" : attribute;
}

/** A style's index from its `s` attribute, as {@link CellKind} has it; what is no index is that of nothing. */
export function cellStyle(attribute: string | undefined): number {
  if (attribute === undefined || attribute === "") return 0;
  return /^\d{1,9}$/.test(attribute) ? Number(attribute) : Number.NaN;
}

/** The column of a reference such as `AB12`, from 0; null when it names none. */
export function columnOf(reference: string): number | null {
  const letters = /^([A-Z]{1,5})/.exec(reference)?.[1];
  if (letters === undefined) return null;
  let column = 0;
  for (const letter of letters) column = column * 26 + (letter.charCodeAt(0) - 64);
  return column - 1;
}

import { isoOfSerial, type NumberFormatKind } from "./serial-date.ts";
import type { SharedStrings } from "./shared-strings.ts";
import { decodeCellText } from "./xml-text.ts";
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
  readonly formats: readonly NumberFormatKind[];
  readonly date1904: boolean;
  readonly maxCellChars: number;
}

const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?|^\d\d:\d\d(?::\d\d(?:\.\d+)?)?/;

/**
 * What a cell's `<v>` means.
 * @param type the cell's `t` attribute; "" means a number.
 * @param style the cell's `s` attribute: an index into the formats.
 */
export function cellValue(raw: string, type: string, style: number, context: CellContext): CellValue {
  switch (type) {
    case "":
    case "n":
      return numberOrDate(raw, style, context);
    case "s": {
      if (context.strings === null) throw new XlsxError("unreadable", "the shared strings are missing");
      const text = context.strings.get(Number(raw));
      return text === "" ? null : text;
    }
    case "b":
      return raw.trim() === "1" || raw.trim() === "true";
    case "e":
      return { error: decodeCellText(raw) };
    case "d": {
      const iso = ISO.exec(raw.trim())?.[0];
      return iso === undefined
        ? textValue(raw, context)
        : { iso: iso.replace(/T00:00(?::00(?:\.0+)?)?$/, "") };
    }
    default:
      return textValue(raw, context);
  }
}

function numberOrDate(raw: string, style: number, context: CellContext): CellValue {
  const number = Number(raw);
  if (raw.trim() === "") return null;
  if (!Number.isFinite(number)) return textValue(raw, context);
  if (context.formats[style] !== "date") return number;
  const iso = isoOfSerial(number, context.date1904);
  return iso === null ? number : { iso };
}

function textValue(raw: string, { maxCellChars }: CellContext): CellValue {
  return boundedText(decodeCellText(raw), maxCellChars);
}

/** @throws {too_large} beyond the limit of a cell. An empty text is a blank cell. */
export function boundedText(text: string, maxCellChars: number): string | null {
  if (text.length > maxCellChars) throw new XlsxError("too_large", `a cell of ${text.length} characters`);
  return text === "" ? null : text;
}

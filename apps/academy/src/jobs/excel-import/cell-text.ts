import type { CellValue } from "@statusplane/xlsx";

/** A cell that holds a formula's error instead of a value, or a formula without one. */
export class CellHasError extends Error {}

/**
 * A cell as trimmed text, null when nothing is left. Composed (NFC), so that equal-looking names are equal; without
 * what Postgres or a reader cannot take: control characters, zero-width characters, half surrogate pairs.
 * @throws {CellHasError}
 */
export function textOf(cell: CellValue): string | null {
  if (cell === null) return null;
  if (typeof cell === "object") {
    if ("error" in cell || "uncalculated" in cell) throw new CellHasError();
    if ("iso" in cell) return cell.iso;
    const shown = cleanText(cell.text);
    return shown === "" ? null : shown;
  }
  if (typeof cell === "boolean") return cell ? "TRUE" : "FALSE";
  const text = cleanText(String(cell));
  return text === "" ? null : text;
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNWANTED = /[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200d\u2060\ufeff]|\p{Surrogate}/gu;

function cleanText(text: string): string {
  return isPlain(text) ? text : text.replace(UNWANTED, "").normalize("NFC").trim();
}

const SPACE = 0x20;
const TILDE = 0x7e;
const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;

/**
 * Whether a text is clean as it is, as nearly all are: printable ASCII and Hangul syllables with no space at either end.
 * Looked at for every cell, so character by character: a pattern takes several times as long (measured).
 */
export function isPlain(text: string): boolean {
  const last = text.length - 1;
  if (last < 0 || text.charCodeAt(0) === SPACE || text.charCodeAt(last) === SPACE) return false;
  for (let i = 0; i <= last; i++) {
    const code = text.charCodeAt(i);
    if ((code < SPACE || code > TILDE) && (code < FIRST_SYLLABLE || code > LAST_SYLLABLE)) return false;
  }
  return true;
}

/**
 * A date as `YYYY-MM-DD`, from a date cell or from text and numbers as people write them: 2026-03-01, 2026.3.1,
 * 2026. 3. 1., 2026/03/01, 20260301, 2026년 3월 1일, each also with a time behind it. Null when it is none of
 * 1900–2100.
 */
export function dateOf(cell: CellValue): string | null {
  if (cell !== null && typeof cell === "object" && "iso" in cell && RECENT_DATE.test(cell.iso)) {
    return cell.iso.slice(0, 10);
  }
  if (typeof cell === "string" && SAFE_DATE.test(cell)) return cell;
  const text = textOf(cell)?.normalize("NFKC") ?? "";
  const match = SEPARATED.exec(text) ?? COMPACT.exec(text);
  if (match === null) return null;
  const [, year = "", month = "", day = ""] = match;
  const iso = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const date = new Date(`${iso}T00:00:00Z`);
  const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso);
  return exists && Number(year) >= 1900 && Number(year) <= 2100 ? iso : null;
}

/** A date cell exists already: only its century is looked at. */
const RECENT_DATE = /^(?:19|20)\d\d-/;
/** As a table prints them; days that not every month has are looked at below. */
const SAFE_DATE = /^(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/;
const SEPARATED =
  /^(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[.일]?(?:[T\s]+\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?Z?)?$/;
const COMPACT = /^(\d{4})(\d\d)(\d\d)$/;

/**
 * A telephone number as it is written, mobile numbers of 11 digits as 010-1234-5678. A number cell has lost its
 * leading zero: it gets it back. Null when it is no telephone number.
 */
export function phoneOf(cell: CellValue): string | null {
  if (typeof cell === "string" && MOBILE.test(cell)) return cell;
  const text = textOf(cell)?.normalize("NFKC") ?? "";
  if (!PHONE.test(text)) return null;
  const digits = text.replace(/\D/g, "");
  if (digits.length < 7 || digits.length > 15) return null;
  const whole = typeof cell === "number" && /^[1-9]\d{8,9}$/.test(text) ? `0${text}` : text;
  const wholeDigits = whole.replace(/\D/g, "");
  if (!whole.startsWith("+") && /^01\d{9}$/.test(wholeDigits)) {
    return `${wholeDigits.slice(0, 3)}-${wholeDigits.slice(3, 7)}-${wholeDigits.slice(7)}`;
  }
  return whole;
}

const MOBILE = /^01\d-\d{4}-\d{4}$/;
const PHONE = /^\+?[\d(][\d\s().-]{5,29}$/;

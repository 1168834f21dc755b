import type { CellValue } from "@statusplane/xlsx";
import { refuse } from "./row-problems.ts";

/**
 * A cell as trimmed text, null when nothing is left. Composed (NFC), so that equal-looking names are equal; line ends
 * are `\n`; without what Postgres or a reader cannot take: control characters, zero-width characters that join
 * nothing, marks that turn the direction of text, half surrogate pairs.
 * @throws {CellRefused} `cell_error`, `formula_without_value`.
 */
export function textOf(cell: CellValue): string | null {
  if (cell === null) return null;
  const text = cleanText(typeof cell === "string" ? cell : shownText(cell));
  return text === "" ? null : text;
}

/** Excel keeps 15 digits of a number: what a sum has left behind them is not shown, and not meant. */
export const NUMBER_DIGITS = 15;

function shownText(cell: Exclude<CellValue, string | null>): string {
  if (typeof cell === "number") return String(Number(cell.toPrecision(NUMBER_DIGITS)));
  if (typeof cell === "boolean") return cell ? "TRUE" : "FALSE";
  if ("error" in cell) return refuse("cell_error");
  if ("uncalculated" in cell) return refuse("formula_without_value");
  return "iso" in cell ? cell.iso : cell.text;
}

/* oxlint-disable no-control-regex -- control characters are what is looked for */
const LINE_END = /\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g;
const UNWANTED =
  /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu;
/* oxlint-enable no-control-regex */
const JOINERS = /[\u200c\u200d]/g;
const JOINED_BEFORE = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\p{M}]$/u;
const JOINED_AFTER = /^[\p{Extended_Pictographic}\p{L}]/u;
const UNJOINED_SCRIPT = /^[\p{sc=Latin}\p{sc=Hangul}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u;

/** Text as it is kept: see {@link textOf}. */
export function cleanText(text: string): string {
  if (isPlain(text)) return text;
  const clean = text.replace(LINE_END, "\n").replace(UNWANTED, "");
  return clean.replace(JOINERS, keepIfJoining).normalize("NFC").trim();
}

/** Emoji are made of several by joiners, and some scripts are spelled with them; in others they are only invisible. */
function keepIfJoining(joiner: string, at: number, text: string): string {
  const before = text.slice(Math.max(0, at - 2), at);
  const after = text.slice(at + 1, at + 3);
  const joins = JOINED_BEFORE.test(before) || /\p{L}$/u.test(before);
  const scripts = UNJOINED_SCRIPT.test(after) || /[\p{sc=Latin}\p{sc=Hangul}\p{sc=Han}]$/u.test(before);
  return joins && JOINED_AFTER.test(after) && !scripts ? joiner : "";
}

const SHOWN_NAME_CHARS = 40;

/** A name that the file gives, such as a title: on one line, and not longer than a person reads it. */
export function shownName(name: string): string {
  const text = cleanText(name.slice(0, SHOWN_NAME_CHARS * 4)).replace(/\s+/g, " ");
  const chars = Array.from(text);
  return chars.length > SHOWN_NAME_CHARS ? `${chars.slice(0, SHOWN_NAME_CHARS - 1).join("")}…` : text;
}

/** A text in which full-width and other forms of letters and digits are the usual ones (NFKC), all dashes `-`. */
export function foldedText(text: string): string {
  return isPlain(text) ? text : text.normalize("NFKC").replace(DASHES, "-").trim();
}

const DASHES = /[\u2010-\u2015\u2212]/g;
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
  for (let i = 0; i <= last; i++) if (!isPlainCode(text.charCodeAt(i))) return false;
  return true;
}

/** Whether a text begins with a character that is seen and kept: then something is left of it. */
export function beginsPlain(text: string): boolean {
  const code = text.charCodeAt(0);
  return code !== SPACE && isPlainCode(code);
}

function isPlainCode(code: number): boolean {
  return (code >= SPACE && code <= TILDE) || (code >= FIRST_SYLLABLE && code <= LAST_SYLLABLE);
}

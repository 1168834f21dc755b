import type { CellValue } from "@statusplane/xlsx";
import { dateOf } from "./cell-date.ts";
import { phoneOf } from "./cell-phone.ts";
import { foldedText, beginsPlain, NUMBER_DIGITS, textOf } from "./cell-text.ts";
import { isBlank, type Place, type StudentList } from "./header-row.ts";
import { CellRefused, problem, refuse, type RowErrorCode, type RowProblem } from "./row-problems.ts";
import type { StudentColumn } from "./student-columns.ts";

/** A student's row as the table takes it: one value per column of STUDENT_COLUMNS, in that order; null leaves it alone. */
export type StudentValues = readonly (string | null)[];

export type StudentReading =
  | { readonly outcome: "blank" }
  | { readonly outcome: "student"; readonly studentNo: string; readonly values: StudentValues }
  | { readonly outcome: "rejected"; readonly problems: readonly RowProblem[] };

/** Greatest length of each column's text, in UTF-16 units. */
const MAX_CHARS: Readonly<Record<StudentColumn, number>> = {
  student_no: 64,
  name: 100,
  grade: 64,
  school: 200,
  class_name: 100,
  phone: 64,
  parent_phone: 64,
  registered_on: 64,
  memo: 2_000,
  email: 254,
};
/** A cell this many times longer is not even cleaned: the rest might be spaces, or parts of composed letters. */
const UNCLEAN_TIMES = 8;

type ReadCell = (cell: CellValue) => string | null;

const READERS: Readonly<Record<StudentColumn, ReadCell>> = {
  student_no: readStudentNo,
  name: (cell) => textOf(cell) ?? refuse("name_missing"),
  grade: (cell) => gradeOf(cell) ?? refuse("grade_invalid"),
  school: textOf,
  class_name: textOf,
  phone: (cell) => phoneOf(cell) ?? refuse("phone_invalid"),
  parent_phone: (cell) => phoneOf(cell) ?? refuse("phone_invalid"),
  registered_on: (cell) => dateOf(cell) ?? refuse("date_invalid"),
  memo: textOf,
  email: (cell) => emailOf(cell) ?? refuse("email_invalid"),
};

const BLANK = { outcome: "blank" } as const;

/**
 * Reads the student that a row holds for one list: a student, all that is wrong with it, or `blank` when none of the
 * list's columns holds anything.
 */
export function readStudent(cells: readonly CellValue[], list: StudentList): StudentReading {
  if (isBlankRow(cells, list)) return BLANK;
  const values: (string | null)[] = [];
  let problems: RowProblem[] | null = null;
  for (const place of list) {
    try {
      values.push(readPlace(place, cells));
    } catch (error) {
      (problems ??= []).push(problem(codeOf(error), place.title));
    }
  }
  const [studentNo] = values;
  return problems !== null || typeof studentNo !== "string"
    ? { outcome: "rejected", problems: problems ?? [] }
    : { outcome: "student", studentNo, values };
}

/** Whether none of the list's columns holds anything. */
export function isBlankRow(cells: readonly CellValue[], list: StudentList): boolean {
  for (const { found } of list) for (const { index } of found) if (!isBlank(cells[index])) return false;
  return true;
}

/** @throws {CellRefused} `columns_differ` when the file has the column twice and the row two values for it, … */
function readPlace({ column, found }: Place, cells: readonly CellValue[]): string | null {
  const [first] = found;
  if (first === undefined) return null;
  const isOne = found.length === 1;
  let value = readCell(column, cells[first.index] ?? null, !isOne);
  if (isOne) return value;
  for (let i = 1; i < found.length; i++) {
    const other = readCell(column, cells[found[i]?.index ?? -1] ?? null, true);
    if (value !== null && other !== null && value !== other) refuse("columns_differ");
    value ??= other;
  }
  return value ?? readCell(column, null, false);
}

const NEEDED: ReadonlySet<StudentColumn> = new Set(["student_no", "name"]);

/** @param mayBeBlank whether another column may hold what this one must. */
function readCell(column: StudentColumn, cell: CellValue, mayBeBlank: boolean): string | null {
  const max = MAX_CHARS[column];
  // Lengths first: what reads a text takes time with it.
  if (typeof cell === "string" && cell.length > max * UNCLEAN_TIMES) refuse("too_long");
  if (isEmpty(cell)) return NEEDED.has(column) && !mayBeBlank ? READERS[column](null) : null;
  const isLong = typeof cell === "string" && cell.length > max;
  return bounded(READERS[column](isLong ? bounded(textOf(cell), max) : cell), max);
}

function bounded(value: string | null, max: number): string | null {
  return value !== null && value.length > max ? refuse("too_long") : value;
}

/** Blank, or nothing but what no reader sees. */
function isEmpty(cell: CellValue): boolean {
  if (typeof cell === "number" || (typeof cell === "string" && beginsPlain(cell))) return false;
  return textOf(cell) === null;
}

function codeOf(error: unknown): RowErrorCode {
  if (error instanceof CellRefused) return error.code;
  throw error;
}

/** Digits typed with an input method are full-width: they are the same number (NFKC). */
function readStudentNo(cell: CellValue): string {
  const text = textOf(cell) ?? refuse("student_no_missing");
  if (typeof cell === "string") {
    const folded = foldedText(text);
    return /[\n\t]/.test(folded) ? refuse("student_no_invalid") : folded;
  }
  const number = typeof cell === "object" && cell !== null && "number" in cell ? cell.number : cell;
  const whole = typeof number === "number" ? Number(number.toPrecision(NUMBER_DIGITS)) : Number.NaN;
  // A longer one has lost its last digits in Excel already: two students would become one.
  const isSure = Number.isInteger(whole) && whole >= 0 && whole < 10 ** NUMBER_DIGITS;
  return isSure ? foldedText(text) : refuse("student_no_invalid");
}

/** The number that a list's student is stored under, null when the row would be rejected for it. */
export function studentNumberOf(cells: readonly CellValue[], [place]: StudentList): string | null {
  try {
    return place === undefined ? null : readPlace(place, cells);
  } catch (error) {
    codeOf(error); // throws what is no refusal
    return null;
  }
}

function gradeOf(cell: CellValue): string | null {
  const number = typeof cell === "object" && cell !== null && "number" in cell ? cell.number : cell;
  if (typeof number === "number")
    return Number.isInteger(number) && number >= 1 && number <= 12 ? String(number) : null;
  const match = /^(\d{1,2})\s{0,3}(?:학년)?$/.exec(foldedText(textOf(cell) ?? ""));
  const grade = Number(match?.[1] ?? Number.NaN);
  return grade >= 1 && grade <= 12 ? String(grade) : null;
}

/** Of characters that mean the same in every form: nothing to clean. */
const PLAIN_EMAIL = /^[\w.+-]+@[\w-]+\.[\w.-]+$/;

function emailOf(cell: CellValue): string | null {
  if (typeof cell === "string" && PLAIN_EMAIL.test(cell)) return cell;
  const text = textOf(cell)?.normalize("NFKC") ?? "";
  const at = text.indexOf("@");
  const domain = text.slice(at + 1);
  const dot = domain.lastIndexOf(".");
  return at > 0 && dot > 0 && dot < domain.length - 1 && !/[\s@]/.test(domain) && !/\s/.test(text)
    ? text
    : null;
}

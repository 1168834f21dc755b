import type { CellValue } from "@statusplane/xlsx";
import { CellHasError, dateOf, isPlain, phoneOf, textOf } from "./cell-text.ts";
import { STUDENT_COLUMNS, type HeaderRow, type StudentColumn } from "./student-columns.ts";

/** A student's row as the table takes it: one value per column of {@link STUDENT_COLUMNS}, in that order. */
export type StudentValues = readonly (string | null)[];

/** Why a row is rejected; part of the import's result, so a code never changes its meaning. */
export type RowErrorCode =
  | "student_no_missing"
  | "student_no_invalid"
  | "name_missing"
  | "grade_invalid"
  | "date_invalid"
  | "phone_invalid"
  | "email_invalid"
  | "too_long"
  | "cell_error"
  | "duplicate_in_file";

const MESSAGES: Readonly<Record<RowErrorCode, string>> = {
  student_no_missing: "학번이 없습니다.",
  student_no_invalid: "학번이 올바르지 않습니다. 문자나 정수로 적어 주세요.",
  name_missing: "이름이 없습니다.",
  grade_invalid: "학년은 1부터 12까지의 정수여야 합니다.",
  date_invalid: "날짜가 올바르지 않습니다. 예: 2026-03-01",
  phone_invalid: "전화번호가 올바르지 않습니다. 예: 010-1234-5678",
  email_invalid: "이메일 주소가 올바르지 않습니다.",
  too_long: "내용이 너무 깁니다.",
  cell_error: "셀에 수식 오류가 있습니다.",
  duplicate_in_file: "같은 학번이 파일의 뒤쪽에 다시 나와 그 행을 사용했습니다.",
};

export interface RowProblem {
  /** The column as the file's header calls it. */
  readonly column: string;
  readonly code: RowErrorCode;
  /** The sentence people see. */
  readonly message: string;
}

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

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
/** Of characters that mean the same in every form: nothing to clean. */
const PLAIN_EMAIL = /^[\w.+-]+@[\w-]+\.[\w.-]+$/;

/** What one column makes of its cell; a thrown code rejects the row. */
class Refused extends Error {
  readonly code: RowErrorCode;

  constructor(code: RowErrorCode) {
    super(code);
    this.code = code;
  }
}

type ReadCell = (cell: CellValue) => string | null;

const READERS: Readonly<Record<StudentColumn, ReadCell>> = {
  student_no: readStudentNo,
  name: (cell) => textOf(cell) ?? refuse("name_missing"),
  grade: (cell) => readOptional(cell, gradeOf, "grade_invalid"),
  school: textOf,
  class_name: textOf,
  phone: (cell) => readOptional(cell, phoneOf, "phone_invalid"),
  parent_phone: (cell) => readOptional(cell, phoneOf, "phone_invalid"),
  registered_on: (cell) => readOptional(cell, dateOf, "date_invalid"),
  memo: textOf,
  email: (cell) => readOptional(cell, emailOf, "email_invalid"),
};

/**
 * Reads one row under its sheet's header: a student, all that is wrong with the row, or `blank` when none of the known
 * columns holds anything (or the header is repeated further down).
 */
export function readStudent(cells: readonly CellValue[], header: HeaderRow): StudentReading {
  const places = placesOf(header);
  if (places.every(({ index }) => isBlank(cells[index])) || repeatsHeader(cells, header)) return BLANK;
  const values: (string | null)[] = [];
  let problems: RowProblem[] | null = null;
  for (const { column, index, title } of places) {
    try {
      values.push(readCell(column, cells[index] ?? null));
    } catch (error) {
      (problems ??= []).push(problem(codeOf(error), title));
    }
  }
  const [studentNo] = values;
  return problems !== null || typeof studentNo !== "string"
    ? { outcome: "rejected", problems: problems ?? [] }
    : { outcome: "student", studentNo, values };
}

const BLANK = { outcome: "blank" } as const;

/** Where each of {@link STUDENT_COLUMNS} is; a column that the header does not have is where no cell is. */
interface Place {
  readonly column: StudentColumn;
  readonly index: number;
  readonly title: string;
}

const PLACES = new WeakMap<HeaderRow, readonly Place[]>();

/** Asked for each row, answered once for each header. */
function placesOf(header: HeaderRow): readonly Place[] {
  let places = PLACES.get(header);
  if (places === undefined) {
    places = STUDENT_COLUMNS.map(([column, title]) => ({ column, index: -1, title, ...header.get(column) }));
    PLACES.set(header, places);
  }
  return places;
}

export function problem(code: RowErrorCode, column: string): RowProblem {
  return { column, code, message: MESSAGES[code] };
}

function readCell(column: StudentColumn, cell: CellValue): string | null {
  const value = READERS[column](cell);
  if (value !== null && value.length > MAX_CHARS[column]) refuse("too_long");
  return value;
}

function codeOf(error: unknown): RowErrorCode {
  if (error instanceof Refused) return error.code;
  if (error instanceof CellHasError) return "cell_error";
  throw error;
}

function refuse(code: RowErrorCode): never {
  throw new Refused(code);
}

function readOptional(cell: CellValue, read: ReadCell, code: RowErrorCode): string | null {
  if (typeof cell === "string" ? !isPlain(cell) && textOf(cell) === null : textOf(cell) === null) return null;
  return read(cell) ?? refuse(code);
}

function readStudentNo(cell: CellValue): string {
  const text = textOf(cell) ?? refuse("student_no_missing");
  const fits = typeof cell === "number" ? Number.isSafeInteger(cell) && cell >= 0 : typeof cell === "string";
  return fits && !/[\n\t]/.test(text) ? text : refuse("student_no_invalid");
}

/** The number that a student's row is stored under, null when it would be rejected for it. */
export function studentNumberOf(cell: CellValue): string | null {
  try {
    return readStudentNo(cell);
  } catch (error) {
    codeOf(error); // throws what is no refusal
    return null;
  }
}

function gradeOf(cell: CellValue): string | null {
  if (typeof cell === "number")
    return Number.isInteger(cell) && cell >= 1 && cell <= 12 ? String(cell) : null;
  const match = /^(\d{1,2})\s*(?:학년)?$/.exec(textOf(cell)?.normalize("NFKC") ?? "");
  const grade = Number(match?.[1] ?? Number.NaN);
  return grade >= 1 && grade <= 12 ? String(grade) : null;
}

function emailOf(cell: CellValue): string | null {
  if (typeof cell === "string" && PLAIN_EMAIL.test(cell)) return cell;
  const text = textOf(cell)?.normalize("NFKC") ?? "";
  return EMAIL.test(text) ? text : null;
}

function isBlank(cell: CellValue | undefined): boolean {
  return cell === undefined || cell === null || (typeof cell === "string" && cell.trim() === "");
}

/** Some programs repeat the header on each printed page. */
function repeatsHeader(cells: readonly CellValue[], header: HeaderRow): boolean {
  return (["student_no", "name"] as const).every((column) => {
    const { index, title } = header.get(column) ?? { index: -1, title: "" };
    const cell = cells[index];
    return typeof cell === "string" && cell.trim() === title;
  });
}

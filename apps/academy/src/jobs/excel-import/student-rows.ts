import type { CellValue, ColumnRange, Sheet, Workbook } from "@statusplane/xlsx";
import { readStudent, studentNumberOf, type StudentReading } from "./read-student.ts";
import { readHeader, type HeaderRow } from "./student-columns.ts";

/** A header is looked for in this many rows of each sheet. */
const HEADER_WITHIN_ROWS = 20;
const ALL: ColumnRange = { from: 0, to: Number.POSITIVE_INFINITY };

/** A row below a header that is not blank. */
export interface StudentRow {
  /** Counts the rows of all sheets in reading order, from 1: the same at every reading of the same file. */
  readonly position: number;
  readonly sheet: string;
  /** The row's number as Excel shows it. */
  readonly row: number;
  readonly header: HeaderRow;
  readonly cells: readonly CellValue[];
  readonly reading: Exclude<StudentReading, { outcome: "blank" }>;
}

export interface StudentBatch {
  readonly rows: readonly StudentRow[];
  /** 0–100 of the sheets that are read. */
  readonly percent: number;
}

/** The sheets that are read: a person who opens the file sees no hidden one and does not expect it to be imported. */
export function visibleSheets(workbook: Workbook): readonly Sheet[] {
  return workbook.sheets.filter(({ hidden }) => !hidden);
}

/** A row below a header, as it stands in the file. */
interface BodyRow {
  readonly position: number;
  readonly row: number;
  readonly cells: readonly CellValue[];
}

interface BodyBatch {
  readonly sheet: string;
  readonly header: HeaderRow;
  readonly rows: readonly BodyRow[];
  readonly percent: number;
}

/** Reads all visible sheets in order; a sheet without a header gives nothing. */
async function* readBodies(
  workbook: Workbook,
  range: (header: HeaderRow) => ColumnRange,
): AsyncGenerator<BodyBatch, void, undefined> {
  const sheets = visibleSheets(workbook);
  const totalBytes = sheets.reduce((sum, { bytes }) => sum + bytes, 1);
  let bytesBefore = 0;
  let position = 0;
  for (const sheet of sheets) {
    const startBytes = workbook.bytesRead;
    let header: HeaderRow | null = null;
    let looked = 0;
    for await (const batch of workbook.rows(sheet, () => (header === null ? ALL : range(header)))) {
      const rows: BodyRow[] = [];
      for (const { number, cells } of batch) {
        position += 1;
        if (header !== null) rows.push({ position, row: number, cells });
        else if (looked++ < HEADER_WITHIN_ROWS) header = readHeader(cells);
      }
      if (header === null && looked >= HEADER_WITHIN_ROWS) break;
      const bytes = bytesBefore + workbook.bytesRead - startBytes;
      const percent = Math.min(100, (bytes / totalBytes) * 100);
      if (header !== null) yield { sheet: sheet.name, header, rows, percent };
    }
    bytesBefore += sheet.bytes;
  }
}

/** Reads all students of all visible sheets; blank rows are left out. */
export async function* readStudentRows(workbook: Workbook): AsyncGenerator<StudentBatch, void, undefined> {
  for await (const { sheet, header, rows, percent } of readBodies(workbook, () => ALL)) {
    const students: StudentRow[] = [];
    for (const row of rows) {
      const reading = readStudent(row.cells, header);
      if (reading.outcome !== "blank")
        students.push({ position: row.position, sheet, row: row.row, header, cells: row.cells, reading });
    }
    yield { rows: students, percent };
  }
}

export interface NumberBatch {
  /** Student numbers as they would be stored; of rows that will be rejected too. */
  readonly numbers: readonly string[];
  readonly percent: number;
}

/** Reads the student numbers alone, several times faster than all columns. */
export async function* readStudentNumbers(workbook: Workbook): AsyncGenerator<NumberBatch, void, undefined> {
  const range = (header: HeaderRow): ColumnRange => {
    const index = header.get("student_no")?.index ?? 0;
    return { from: index, to: index };
  };
  for await (const { header, rows, percent } of readBodies(workbook, range)) {
    const index = header.get("student_no")?.index ?? -1;
    const numbers = rows.flatMap(({ cells }) => studentNumberOf(cells[index] ?? null) ?? []);
    yield { numbers, percent };
  }
}

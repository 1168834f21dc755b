import { type CellValue, type Sheet, type Workbook } from "@statusplane/xlsx";
import { readStudent, type StudentReading } from "./read-student.ts";
import { readHeader, type HeaderRow } from "./student-columns.ts";

/** A header is looked for in this many rows of each sheet. */
const HEADER_WITHIN_ROWS = 20;

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

/** Reads all visible sheets in order; a sheet without a header gives no rows. */
export async function* readStudentRows(
  workbook: Workbook,
  onHeader: () => void = () => undefined,
): AsyncGenerator<StudentBatch, void, undefined> {
  const sheets = visibleSheets(workbook);
  const totalBytes = Math.max(
    1,
    sheets.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  let bytesBefore = 0;
  let position = 0;
  for (const sheet of sheets) {
    const startBytes = workbook.bytesRead;
    let header: HeaderRow | null = null;
    let looked = 0;
    for await (const batch of workbook.rows(sheet)) {
      const rows: StudentRow[] = [];
      for (const { number, cells } of batch) {
        position += 1;
        if (header === null) {
          if (++looked > HEADER_WITHIN_ROWS) break;
          header = readHeader(cells);
          if (header !== null) onHeader();
          continue;
        }
        const reading = readStudent(cells, header);
        if (reading.outcome === "blank") continue;
        rows.push({ position, sheet: sheet.name, row: number, header, cells, reading });
      }
      if (header === null && looked > HEADER_WITHIN_ROWS) break;
      const bytes = bytesBefore + workbook.bytesRead - startBytes;
      yield { rows, percent: Math.min(100, (bytes / totalBytes) * 100) };
    }
    bytesBefore += sheet.bytes;
  }
}

import type { CellValue, ColumnRange, Sheet, Workbook } from "@statusplane/xlsx";
import { shownName } from "./cell-text.ts";
import type { FileUse } from "./file-use.ts";
import {
  isBlank,
  mayBeTitles,
  readHeader,
  readHeaderBelow,
  type HeaderRow,
  type StudentList,
} from "./header-row.ts";
import { MergedCells } from "./merged-cells.ts";
import { isBlankRow, readStudent, studentNumberOf, type StudentReading } from "./read-student.ts";

/** A header is looked for in this many rows of each sheet that are not blank. */
const HEADER_WITHIN_ROWS = 20;
const ALL: ColumnRange = { from: 0, to: Number.POSITIVE_INFINITY };

/** What a row below a header holds for one list, if it is not blank. */
export interface StudentRow {
  /**
   * Counts the rows of all sheets in reading order, and in each the lists that stand side by side, from 1: the same at
   * every reading of the same file.
   */
  readonly position: number;
  readonly sheet: string;
  /** The row's number as Excel shows it. */
  readonly row: number;
  readonly hidden: boolean;
  readonly list: StudentList;
  readonly cells: readonly CellValue[];
  readonly reading: Exclude<StudentReading, { outcome: "blank" }>;
}

export interface StudentBatch {
  readonly rows: readonly StudentRow[];
  /** 0–100 of the sheets that are read. */
  readonly percent: number;
}

/** A row below a header, as it stands in the file. */
interface BodyRow {
  readonly header: HeaderRow;
  /** Of its first list; the others follow. */
  readonly position: number;
  readonly number: number;
  readonly hidden: boolean;
  readonly cells: readonly CellValue[];
}

interface BodyBatch {
  readonly sheet: Sheet;
  readonly rows: readonly BodyRow[];
  readonly percent: number;
}

interface BodyOptions {
  /** Which columns are needed of the rows below a header. */
  readonly range: (header: HeaderRow) => ColumnRange;
  /** The header that a row below one is, or null; looked at only where all columns are read. */
  readonly headerBelow: (cells: readonly CellValue[], header: HeaderRow) => HeaderRow | null;
  /** Told of visible sheets that hold something and have no header. */
  readonly onSkipped?: (sheet: Sheet) => void;
}

/** Reads all visible sheets in order: a person who opens the file sees no hidden one and does not expect it to be imported. */
async function* readBodies(
  workbook: Workbook,
  { range, headerBelow, onSkipped }: BodyOptions,
): AsyncGenerator<BodyBatch, void, undefined> {
  const sheets = workbook.sheets.filter(({ hidden }) => !hidden);
  const totalBytes = sheets.reduce((sum, { bytes }) => sum + bytes, 1);
  let bytesBefore = 0;
  let position = 0;
  for (const sheet of sheets) {
    const startBytes = workbook.bytesRead;
    let header: HeaderRow | null = null;
    let looked = 0;
    for await (const batch of workbook.rows(sheet, () => (header === null ? ALL : range(header)))) {
      const rows: BodyRow[] = [];
      for (const { number, hidden, cells } of batch) {
        const first = position + 1;
        position += header?.lists.length ?? 1;
        if (header === null) {
          if (looked >= HEADER_WITHIN_ROWS || cells.every(isBlank)) continue;
          looked += 1;
          header = readHeader(cells);
          continue;
        }
        const below = headerBelow(cells, header);
        if (below === null) rows.push({ header, position: first, number, hidden, cells });
        header = below ?? header;
      }
      if (header === null && looked >= HEADER_WITHIN_ROWS) break;
      const bytes = bytesBefore + workbook.bytesRead - startBytes;
      const percent = Math.min(100, (bytes / totalBytes) * 100);
      if (header !== null) yield { sheet, rows, percent };
    }
    if (header === null && looked > 0) onSkipped?.(sheet);
    bytesBefore += sheet.bytes;
  }
}

/**
 * Reads all students of all visible sheets; blank rows are left out.
 * @param use collects what of the file is used and what is not.
 */
export async function* readStudentRows(
  workbook: Workbook,
  use?: FileUse,
): AsyncGenerator<StudentBatch, void, undefined> {
  for (const sheet of workbook.sheets) if (sheet.hidden && sheet.bytes > 0) use?.ignoredSheet(sheet);
  const merged = new Map<Sheet, MergedCells | null>();
  const bodies = readBodies(workbook, {
    range: () => ALL,
    headerBelow: readHeaderBelow,
    onSkipped: (sheet) => use?.ignoredSheet(sheet),
  });
  for await (const { sheet, rows, percent } of bodies) {
    if (!merged.has(sheet)) merged.set(sheet, mergedCells(workbook, sheet));
    const students: StudentRow[] = [];
    const name = shownName(sheet.name);
    for (const row of rows) {
      use?.row(row.header, row.cells);
      let { position } = row;
      for (const list of row.header.lists) {
        const student = studentOf(row, {
          sheet: name,
          position,
          list,
          merged: merged.get(sheet) ?? null,
        });
        if (student !== null) students.push(student);
        position += 1;
      }
    }
    yield { rows: students, percent };
  }
}

/** They stand behind the rows: known because the sheet was read for its numbers before. */
function mergedCells(workbook: Workbook, sheet: Sheet): MergedCells | null {
  const ranges = workbook.mergedRanges(sheet);
  return ranges === null || ranges.count === 0 ? null : new MergedCells(ranges);
}

interface PlaceOfStudent extends Pick<StudentRow, "sheet" | "position" | "list"> {
  readonly merged: MergedCells | null;
}

function studentOf(
  { number: row, hidden, cells }: BodyRow,
  { sheet, position, list, merged }: PlaceOfStudent,
): StudentRow | null {
  if (merged === null) {
    const reading = readStudent(cells, list);
    return reading.outcome === "blank" ? null : { position, sheet, row, hidden, list, cells, reading };
  }
  const seen = merged.seen(row, cells, list); // of blank rows too: a range may begin at one
  if (isBlankRow(cells, list)) return null;
  const reading: StudentReading =
    seen.problems.length > 0
      ? { outcome: "rejected", problems: seen.problems }
      : readStudent(seen.cells, list);
  if (reading.outcome === "blank") return null;
  const shown = seen.problems.length > 0 ? cells : seen.cells;
  return { position, sheet, row, hidden, list, cells: shown, reading };
}

export interface NumberBatch {
  /** Student numbers as they would be stored; of rows that will be rejected too. */
  readonly numbers: readonly string[];
  /** Some row may be another header: only with all columns it can be told which columns its students are in. */
  readonly mayHaveHeader: boolean;
  readonly percent: number;
}

/** Reads the student numbers (and the names, which tell titles) alone, several times faster than all columns. */
export async function* readStudentNumbers(workbook: Workbook): AsyncGenerator<NumberBatch, void, undefined> {
  const ranges = new Map<HeaderRow, ColumnRange>();
  const range = (header: HeaderRow): ColumnRange => {
    const known = ranges.get(header) ?? numberRange(header);
    ranges.set(header, known);
    return known;
  };
  for await (const { rows, percent } of readBodies(workbook, { range, headerBelow: () => null })) {
    const numbers: string[] = [];
    let mayHaveHeader = false;
    for (const { header, cells } of rows) {
      for (const list of header.lists) {
        mayHaveHeader ||= mayBeTitles(cells, list);
        const number = studentNumberOf(cells, list);
        if (number !== null) numbers.push(number);
      }
    }
    yield { numbers, mayHaveHeader, percent };
  }
}

function numberRange({ lists }: HeaderRow): ColumnRange {
  const indexes = lists.flatMap((list) =>
    list.slice(0, 2).flatMap(({ found }) => found.map(({ index }) => index)),
  );
  return { from: Math.min(...indexes), to: Math.max(...indexes) };
}

import type { CellValue } from "@statusplane/xlsx";
import { shownName } from "./cell-text.ts";
import { columnOfTitle, REJECTED_TITLES, STUDENT_COLUMNS, type StudentColumn } from "./student-columns.ts";

/** A column of the file: its index from 0, and how its header calls it. */
export interface FileColumn {
  readonly index: number;
  readonly title: string;
}

/** Where a list has one of {@link STUDENT_COLUMNS}. */
export interface Place {
  readonly column: StudentColumn;
  /** As the file calls it; our title where it has none. */
  readonly title: string;
  /** From left to right: usually one, none where the list has no such column. */
  readonly found: readonly FileColumn[];
}

/** One list of students below a header: a place for each of {@link STUDENT_COLUMNS}, in that order. */
export type StudentList = readonly Place[];

/** A row of titles. */
export interface HeaderRow {
  /** Usually one; several where lists stand side by side. */
  readonly lists: readonly StudentList[];
  /** Titles of columns that are not imported. */
  readonly others: readonly FileColumn[];
  /** What a workbook of rejected rows says about them: not imported, and not missed. */
  readonly notes: readonly FileColumn[];
}

type Named = FileColumn & { readonly column: StudentColumn };

const NEEDED = ["student_no", "name"] as const;

/** Reads a row as a header: needs 학번 and 이름. Else null. */
export function readHeader(cells: readonly CellValue[]): HeaderRow | null {
  const named: Named[] = [];
  const others: FileColumn[] = [];
  for (const [index, cell] of cells.entries()) {
    if (typeof cell !== "string" && typeof cell !== "number") continue;
    const title = shownName(String(cell));
    const column = typeof cell === "string" ? columnOfTitle(cell) : null;
    if (column !== null) named.push({ index, title, column });
    else if (title !== "") others.push({ index, title });
  }
  if (!isWhole(named)) return null;
  const notes = rejectedNotes(others);
  return {
    lists: splitLists(named).map(placesOf),
    others: others.filter((each) => !notes.includes(each)),
    notes,
  };
}

function isWhole(named: readonly Named[]): boolean {
  return NEEDED.every((needed) => named.some(({ column }) => column === needed));
}

/** Lists stand side by side where the first title, or 학번 or 이름, comes again and each stretch from one to the next has both. */
function splitLists(named: readonly Named[]): readonly (readonly Named[])[] {
  const first = named.find(({ column }) => column === "student_no" || column === "name");
  for (const lead of [named[0]?.column, first?.column]) {
    const lists: Named[][] = [];
    let led = false;
    for (const each of named) {
      if (lists.length === 0 || (each.column === lead && led)) lists.push([]);
      led ||= each.column === lead;
      lists.at(-1)?.push(each);
    }
    if (lists.length > 1 && lists.every(isWhole)) return lists;
  }
  return [named];
}

function placesOf(named: readonly Named[]): StudentList {
  return STUDENT_COLUMNS.map(([column, title]) => {
    const found = named
      .filter((each) => each.column === column)
      .map(({ index, title: own }) => ({ index, title: own }));
    return { column, title: found[0]?.title ?? title, found };
  });
}

function rejectedNotes(others: readonly FileColumn[]): readonly FileColumn[] {
  const last = others.slice(-REJECTED_TITLES.length);
  return REJECTED_TITLES.every((title, i) => last[i]?.title === title) ? last : [];
}

/**
 * The header that a row below one is: the same again, as some programs print it on each page, or that of another list
 * further down. Null for students. Almost every row is one, so a digit in the number decides it first.
 */
export function readHeaderBelow(cells: readonly CellValue[], header: HeaderRow): HeaderRow | null {
  const mayBe = header.lists.some((list) => mayBeTitles(cells, list));
  const below = mayBe ? readHeader(cells) : null;
  return below !== null && JSON.stringify(below) === JSON.stringify(header) ? header : below;
}

/** Whether the number's and the name's cells of a list might be titles: looked at before anything else is known. */
export function mayBeTitles(cells: readonly CellValue[], list: StudentList): boolean {
  return (
    !hasDigit(firstOf(cells, list[0])) && [list[0], list[1]].some((place) => isTitle(firstOf(cells, place)))
  );
}

/** The first of a place's cells that is not blank. */
export function firstOf(cells: readonly CellValue[], place: Place | undefined): CellValue {
  for (const { index } of place?.found ?? []) {
    const cell = cells[index] ?? null;
    if (!isBlank(cell)) return cell;
  }
  return null;
}

export function isBlank(cell: CellValue | undefined): boolean {
  return cell === undefined || cell === null || (typeof cell === "string" && cell.trim() === "");
}

function hasDigit(cell: CellValue): boolean {
  if (typeof cell !== "string") return cell !== null;
  for (let i = 0; i < cell.length; i++) {
    const code = cell.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) return true;
  }
  return false;
}

function isTitle(cell: CellValue): boolean {
  return typeof cell === "string" && columnOfTitle(cell) !== null;
}

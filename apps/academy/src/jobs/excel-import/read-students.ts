import { openWorkbook, XlsxError, type Workbook } from "@statusplane/xlsx";
import { ColumnLiterals } from "./array-literal.ts";
import { FileUse } from "./file-use.ts";
import type { ImportFailure } from "./import-errors.ts";
import type { ReaderMessage, ReaderOrder } from "./reader-messages.ts";
import { RejectedRows } from "./rejected-rows.ts";
import { problem, type RowProblem } from "./row-problems.ts";
import { SeenNumbers } from "./seen-numbers.ts";
import { STUDENT_COLUMNS } from "./student-columns.ts";
import { readStudentNumbers, readStudentRows, type StudentRow } from "./student-rows.ts";

class NoHeader extends Error {}

const NONE: ReadonlySet<number> = new Set();

/**
 * Carries out an order, in the process it is called in: reads the workbook twice (what is checked, then what is
 * imported; once where an earlier attempt has found it plain), writes the rejected rows, and tells as it goes. A workbook
 * that cannot be read is a message too.
 */
export async function* readStudents(order: ReaderOrder): AsyncGenerator<ReaderMessage, void, undefined> {
  try {
    using workbook = await openWorkbook(order.path);
    const superseded = order.plain ? NONE : yield* check(workbook);
    yield { type: "checked", plain: superseded.size === 0 && !hasMergedCells(workbook) };
    yield* chunks(workbook, order, superseded);
  } catch (error) {
    yield { type: "failed", code: failureOf(error), detail: String(error) };
  }
}

/**
 * Looks at the whole file first, so that of equal student numbers the last is known before the first is written: the
 * database never holds a value that the file takes back further down. Only where a number does repeat (or titles may)
 * must every column be read for it, for a row that is rejected takes nothing back.
 * @returns the positions of the rows that a later one takes back.
 */
async function* check(workbook: Workbook): AsyncGenerator<ReaderMessage, ReadonlySet<number>, undefined> {
  const numbers = new SeenNumbers();
  let headers = false;
  let mayHaveHeader = false;
  for await (const batch of readStudentNumbers(workbook)) {
    headers = true;
    numbers.add(batch.numbers);
    mayHaveHeader ||= batch.mayHaveHeader;
    yield { type: "checking", percent: batch.percent };
  }
  if (!headers) throw new NoHeader("no header row");
  return numbers.repeated || mayHaveHeader ? yield* findSuperseded(workbook) : NONE;
}

/** Known of each sheet that has been read. */
function hasMergedCells(workbook: Workbook): boolean {
  return workbook.sheets.some((sheet) => (workbook.mergedRanges(sheet)?.count ?? 0) > 0);
}

async function* findSuperseded(
  workbook: Workbook,
): AsyncGenerator<ReaderMessage, ReadonlySet<number>, undefined> {
  const lastOf = new Map<string, number>();
  const superseded = new Set<number>();
  for await (const { rows, percent } of readStudentRows(workbook)) {
    for (const { position, reading } of rows) {
      if (reading.outcome !== "student") continue;
      const earlier = lastOf.get(reading.studentNo);
      if (earlier !== undefined) superseded.add(earlier);
      lastOf.set(reading.studentNo, position);
    }
    yield { type: "checking", percent };
  }
  return superseded;
}

async function* chunks(
  workbook: Workbook,
  { rejectedPath, afterPosition, chunkRows }: ReaderOrder,
  superseded: ReadonlySet<number>,
): AsyncGenerator<ReaderMessage, void, undefined> {
  await using rejected = new RejectedRows(rejectedPath, workbook.fileBytes);
  const literals = new ColumnLiterals(STUDENT_COLUMNS.length);
  const use = new FileUse();
  let position = afterPosition;
  let seen = 0;
  const taken = (percent: number): ReaderMessage => {
    const { rows } = literals;
    const counts = { rejected: rejected.count, percent };
    return { type: "chunk", rows, position, columns: literals.take(), ...counts };
  };
  for await (const { rows, percent } of readStudentRows(workbook, use)) {
    for (const row of rows) {
      seen = row.position;
      const problems = problemsOf(row, superseded);
      if (problems !== null) await rejected.add(row, problems);
      else if (row.reading.outcome === "student") {
        if (row.hidden) use.hiddenRows += 1;
        if (row.position <= afterPosition) continue;
        literals.add(row.reading.values);
        position = row.position;
        if (literals.rows === chunkRows) yield taken(percent);
      }
    }
    // what an earlier attempt wrote is passed over far faster than it was written: its speed would be told for the rest
    if (literals.rows === 0 && seen > afterPosition)
      yield { type: "reading", rejected: rejected.count, percent };
  }
  if (literals.rows > 0) yield taken(100);
  await rejected.finish();
  yield { type: "done", rejected: rejected.count, errors: rejected.errors, use: use.used() };
}

function problemsOf(
  { reading, position, list }: StudentRow,
  superseded: ReadonlySet<number>,
): readonly RowProblem[] | null {
  if (reading.outcome === "rejected") return reading.problems;
  if (!superseded.has(position)) return null;
  return [problem("duplicate_in_file", list[0]?.title ?? "학번")];
}

function failureOf(error: unknown): ImportFailure {
  if (error instanceof NoHeader) return "workbook_no_header";
  if (error instanceof XlsxError) return `workbook_${error.code}`;
  if (error instanceof Error && "code" in error) {
    if (error.code === "ENOSPC") return "storage_full";
    if (error.code === "ENOENT") return "input_gone";
  }
  throw error; // whoever carries the order out tells it as it is
}

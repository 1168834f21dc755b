/*
 * The process that opens uploaded workbooks: whatever a file does to its reader, it does it here, where there is no
 * secret in the environment, no connection, and a limit on memory. Started by workbook-reader.ts; see reader-messages.ts.
 */
import { openWorkbook, XlsxError, type Workbook } from "@statusplane/xlsx";
import { once } from "node:events";
import { ColumnLiterals } from "./array-literal.ts";
import { problem, type RowProblem } from "./read-student.ts";
import type { ReaderFailure, ReaderMessage, ReaderOrder } from "./reader-messages.ts";
import { RejectedRows } from "./rejected-rows.ts";
import { STUDENT_COLUMNS } from "./student-columns.ts";
import { readStudentRows, type StudentRow } from "./student-rows.ts";

class NoHeader extends Error {}

process.once("disconnect", () => process.exit(1)); // the worker is gone: nobody reads on
const order = JSON.parse(process.argv[2] ?? "") as ReaderOrder; // written by workbook-reader.ts
try {
  await readWorkbook(order);
} catch (error) {
  await say({ type: "failed", code: failureOf(error), detail: String(error) });
}
process.disconnect?.();

async function readWorkbook({ path, rejectedPath, afterPosition, chunkRows }: ReaderOrder): Promise<void> {
  using workbook = await openWorkbook(path);
  const { total, superseded } = await check(workbook);
  await say({ type: "checked", total });
  const rejected = new RejectedRows(rejectedPath);
  const literals = new ColumnLiterals(STUDENT_COLUMNS.length);
  let position = afterPosition;
  const sendChunk = async (percent: number): Promise<void> => {
    const { rows } = literals;
    const counts = { rejected: rejected.count, percent };
    if (rows === 0) await say({ type: "reading", ...counts });
    else await say({ type: "chunk", rows, position, columns: literals.take(), ...counts });
  };
  for await (const { rows, percent } of readStudentRows(workbook)) {
    for (const row of rows) {
      const problems = problemsOf(row, superseded);
      if (problems !== null) await rejected.add(row, problems);
      else if (row.position > afterPosition && row.reading.outcome === "student") {
        literals.add(row.reading.values);
        position = row.position;
        if (literals.rows === chunkRows) await sendChunk(percent);
      }
    }
    if (literals.rows === 0) await sendChunk(percent);
  }
  if (literals.rows > 0) await sendChunk(100);
  await rejected.close();
  await say({ type: "done", rejected: rejected.count, errors: rejected.errors });
}

/**
 * Reads everything once, so that of equal student numbers the last is known before the first is written: the
 * database never holds a value that the file takes back further down.
 */
async function check(workbook: Workbook): Promise<{ total: number; superseded: ReadonlySet<number> }> {
  const lastOf = new Map<string, number>();
  const superseded = new Set<number>();
  let total = 0;
  let headers = 0;
  for await (const { rows, percent } of readStudentRows(workbook, () => void headers++)) {
    total += rows.length;
    for (const { position, reading } of rows) {
      if (reading.outcome !== "student") continue;
      const earlier = lastOf.get(reading.studentNo);
      if (earlier !== undefined) superseded.add(earlier);
      lastOf.set(reading.studentNo, position);
    }
    await say({ type: "checking", percent });
  }
  if (headers === 0) throw new NoHeader("no header row");
  return { total, superseded };
}

function problemsOf(
  { reading, position, header }: StudentRow,
  superseded: ReadonlySet<number>,
): readonly RowProblem[] | null {
  if (reading.outcome === "rejected") return reading.problems;
  if (!superseded.has(position)) return null;
  return [problem("duplicate_in_file", header.get("student_no")?.title ?? "학번")];
}

/** One line per message; waits while the worker is busy, so that at most one chunk is ahead. */
async function say(message: ReaderMessage): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(message)}\n`)) await once(process.stdout, "drain");
}

function failureOf(error: unknown): ReaderFailure {
  if (error instanceof NoHeader) return "workbook_no_header";
  if (error instanceof XlsxError) return `workbook_${error.code}`;
  if (error instanceof Error && "code" in error && error.code === "ENOSPC") return "storage_full";
  throw error; // the worker sees the exit code and the trace
}

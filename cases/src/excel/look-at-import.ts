import type { JobProgressBody } from "@statusplane/core/wire";
import type { Api } from "../../../test/end-to-end/support/api.ts";
import type { Seen } from "../case.ts";
import type { Stored, WorkbookCase } from "./workbook-case.ts";

type Expected =
  | Extract<WorkbookCase, { code: string }>
  | (Pick<Extract<WorkbookCase, { students: unknown }>, "students"> & {
      readonly rejected?: readonly string[];
      readonly result?: Readonly<Record<string, unknown>>;
    });
type Fields = Readonly<Record<string, unknown>>;

/**
 * Submits a workbook to the running program and compares what came. All cases are one tenant's: a student of an earlier
 * case may have members that this one's file does not, so only the named ones are compared.
 */
export async function lookAtImport(api: Api, path: string, expected: Expected): Promise<Seen> {
  const ended = await api.ended<JobProgressBody>(await api.submitImport(path));
  const { status, error_code: code = null } = ended as JobProgressBody & { error_code?: string | null };
  if ("code" in expected) {
    const now = code === null ? status : `${status} ${code}`;
    return { now, wrong: code === expected.code ? [] : [`should be ${expected.code}`] };
  }
  if (status !== "DONE") return { now: `${status} ${code ?? ""}`, wrong: ["should be DONE"] };
  const result = (ended as unknown as { result: Fields }).result;
  const { outcome, inserted, updated, unchanged, rejected } = result;
  const imported = Number(inserted) + Number(updated) + Number(unchanged);
  const wanted = { rejected: expected.rejected?.length ?? 0, ...expected.result };
  const wrong = Object.entries(wanted)
    .filter(([key, value]) => JSON.stringify(result[key]) !== JSON.stringify(value))
    .map(([key, value]) => `${key} should be ${JSON.stringify(value)}`);
  if (imported !== expected.students.length) wrong.push(`${expected.students.length} should be imported`);
  wrong.push(...differences(expected.students, await studentsOf(api)));
  return { now: `${String(outcome)}: ${imported} imported, ${String(rejected)} rejected`, wrong };
}

/** At most three: one is enough to know that a case is wrong. */
function differences(wanted: readonly Stored[], stored: ReadonlyMap<string, Fields>): string[] {
  const wrong = wanted.flatMap((student) => {
    const found = stored.get(student.student_no);
    if (found === undefined) return [`no student ${student.student_no}`];
    return Object.entries(student)
      .filter(([key, value]) => found[key] !== value)
      .map(([key, value]) => `${key} ${JSON.stringify(found[key])}, not ${JSON.stringify(value)}`);
  });
  return wrong.slice(0, 3);
}

async function studentsOf(api: Api): Promise<ReadonlyMap<string, Fields>> {
  const found = new Map<string, Fields>();
  let cursor: string | null = "";
  while (cursor !== null) {
    const path: string = `/api/v1/students/?limit=100&cursor=${cursor}`;
    const { body } = await api.call<{ items: readonly Fields[]; next_cursor: string | null }>(path);
    for (const student of body.items) found.set(String(student["student_no"]), student);
    cursor = body.next_cursor;
  }
  return found;
}

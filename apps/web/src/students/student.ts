import { asMembers, numberOrNull, textOrNull } from "@statusplane/client";

/** The columns of the table, in order. */
export const STUDENT_COLUMNS = [
  "student_no",
  "name",
  "grade",
  "school",
  "class_name",
  "phone",
  "parent_phone",
  "email",
  "registered_on",
  "memo",
] as const;

export type StudentColumn = (typeof STUDENT_COLUMNS)[number];
export type Student = Readonly<Record<StudentColumn, string>>;

const textOf = (value: unknown): string => textOrNull(value) ?? String(numberOrNull(value) ?? "");

/** A row of the students endpoint; null for anything without a student number. */
export function readStudent(value: unknown): Student | null {
  const fields = asMembers(value);
  const student = Object.fromEntries(STUDENT_COLUMNS.map((column) => [column, textOf(fields[column])]));
  return student["student_no"] === "" ? null : (student as Student);
}

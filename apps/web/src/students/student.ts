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

const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/** A row of the students endpoint; null for anything without a student number. */
export function readStudent(value: unknown): Student | null {
  if (typeof value !== "object" || value === null) return null;
  const fields = value as Readonly<Record<string, unknown>>;
  const student = Object.fromEntries(STUDENT_COLUMNS.map((column) => [column, textOf(fields[column])]));
  return student["student_no"] === "" ? null : (student as Student);
}

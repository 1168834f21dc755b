import type { StudentValues } from "./read-student.ts";

/** Collects rows as Postgres array literals, one per column: the cheapest way to hand thousands of rows to one statement. */
export class ColumnLiterals {
  readonly #columns: string[][];
  #rows = 0;

  /** @param width number of columns. */
  constructor(width: number) {
    this.#columns = Array.from({ length: width }, () => []);
  }

  get rows(): number {
    return this.#rows;
  }

  add(values: StudentValues): void {
    for (const [i, column] of this.#columns.entries()) column.push(elementOf(values[i] ?? null));
    this.#rows += 1;
  }

  /** Answers the literals, `{"a",NULL}` each, and begins anew. */
  take(): readonly string[] {
    const literals = this.#columns.map((elements) => `{${elements.join(",")}}`);
    for (const column of this.#columns) column.length = 0;
    this.#rows = 0;
    return literals;
  }
}

/** Always quoted, so that a text `NULL` stays a text (PostgreSQL manual, 8.15.6). */
function elementOf(value: string | null): string {
  if (value === null) return "NULL";
  return /["\\]/.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : `"${value}"`;
}

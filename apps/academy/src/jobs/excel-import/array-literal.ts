import type { StudentValues } from "./read-student.ts";

/**
 * After this many rows their values are joined into one flat text: kept singly, each short value would keep alive the
 * whole piece of XML that it was cut from.
 */
const JOINED_ROWS = 250;

/**
 * Collects rows as Postgres array literals, one per column: the cheapest way to hand thousands of rows to one
 * statement.
 */
export class ColumnLiterals {
  readonly #columns: { readonly values: (string | null)[]; readonly pieces: string[] }[];
  #rows = 0;

  /** @param width number of columns. */
  constructor(width: number) {
    this.#columns = Array.from({ length: width }, () => ({ values: [], pieces: [] }));
  }

  get rows(): number {
    return this.#rows;
  }

  add(values: StudentValues): void {
    for (let i = 0; i < this.#columns.length; i++) this.#columns[i]?.values.push(values[i] ?? null);
    this.#rows += 1;
    if (this.#rows % JOINED_ROWS === 0) this.#join();
  }

  /** Answers the literals, `{"a",NULL}` each, and begins anew. */
  take(): readonly string[] {
    this.#join();
    this.#rows = 0;
    return this.#columns.map(({ pieces }) => `{${pieces.splice(0).join(",")}}`);
  }

  #join(): void {
    for (const { values, pieces } of this.#columns) {
      if (values.length > 0) pieces.push(elementsOf(values));
      values.length = 0;
    }
  }
}

/** Always quoted, so that a text `NULL` stays a text (PostgreSQL manual, 8.15.6). One look tells that nothing needs care. */
function elementsOf(values: readonly (string | null)[]): string {
  const plain = !values.includes(null) && !/["\\]/.test(values.join(""));
  return plain ? `"${values.join('","')}"` : values.map(elementOf).join(",");
}

function elementOf(value: string | null): string {
  if (value === null) return "NULL";
  return /["\\]/.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : `"${value}"`;
}

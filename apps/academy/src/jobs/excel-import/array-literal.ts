import type { StudentValues } from "./read-student.ts";

const FIRST_BYTES = 65_536;

/**
 * Collects rows as Postgres array literals, one per column: the cheapest way to hand thousands of rows to one
 * statement. The text is copied into a Buffer at once: kept as a string, each short value would keep alive the whole
 * piece of XML that it was cut from.
 */
export class ColumnLiterals {
  readonly #columns: { bytes: Buffer; length: number }[];
  #rows = 0;

  /** @param width number of columns. */
  constructor(width: number) {
    this.#columns = Array.from({ length: width }, () => ({ bytes: Buffer.alloc(FIRST_BYTES), length: 0 }));
  }

  get rows(): number {
    return this.#rows;
  }

  add(values: StudentValues): void {
    const comma = this.#rows === 0 ? "" : ",";
    for (let i = 0; i < this.#columns.length; i++) {
      const column = this.#columns[i];
      if (column === undefined) continue;
      const element = comma + elementOf(values[i] ?? null);
      if (column.length + element.length * 3 > column.bytes.length) {
        const larger = Buffer.alloc(column.bytes.length * 2 + element.length * 3);
        column.bytes.copy(larger, 0, 0, column.length);
        column.bytes = larger;
      }
      column.length += column.bytes.write(element, column.length, "utf8");
    }
    this.#rows += 1;
  }

  /** Answers the literals, `{"a",NULL}` each, and begins anew. */
  take(): readonly string[] {
    const literals = this.#columns.map(({ bytes, length }) => `{${bytes.toString("utf8", 0, length)}}`);
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

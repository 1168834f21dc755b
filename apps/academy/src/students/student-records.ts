import { decodeCursor, encodeCursor } from "./student-cursor.ts";

/** What the students' pages hold of the database; `Database` of the postgres package fits. */
export interface StudentDatabase {
  query(
    cause: "people",
    query: {
      readonly name: string;
      readonly text: string;
      readonly values: readonly unknown[];
      readonly repeatable?: boolean;
    },
  ): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
}

/** A student as the page shows one. */
export interface Student {
  readonly student_no: string;
  readonly name: string;
  readonly grade: number | null;
  readonly school: string | null;
  readonly class_name: string | null;
  readonly phone: string | null;
  readonly parent_phone: string | null;
  /** `YYYY-MM-DD`. */
  readonly registered_on: string | null;
  readonly memo: string | null;
  readonly email: string | null;
}

export interface StudentPage {
  readonly items: readonly Student[];
  readonly next_cursor: string | null;
}

export interface StudentPageOptions {
  /** Of the page before; null for the first. */
  readonly cursor: string | null;
  /** 1–100. */
  readonly limit: number;
}

// One more than asked for tells whether there is a next page.
const PAGE = `
SELECT student_no, name, grade, school, class_name, phone, parent_phone, registered_on::text, memo, email
FROM :"academy".student WHERE tenant_id = $1 AND student_no > $2 ORDER BY student_no LIMIT $3`;

/** The students of each tenant. */
export class StudentRecords {
  readonly #database: StudentDatabase;

  constructor(database: StudentDatabase) {
    this.#database = database;
  }

  /**
   * One page by student number; one statement.
   * @throws {invalid_request} for a cursor that is not ours; {database_unavailable}.
   */
  async page(tenant: string, { cursor, limit }: StudentPageOptions): Promise<StudentPage> {
    const { rows } = await this.#database.query("people", {
      name: "students-page",
      text: PAGE,
      values: [tenant, decodeCursor(cursor), limit + 1],
      repeatable: true,
    });
    const items = rows.slice(0, limit) as unknown as Student[]; // the columns of PAGE
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { items, next_cursor: more ? encodeCursor(last.student_no) : null };
  }
}

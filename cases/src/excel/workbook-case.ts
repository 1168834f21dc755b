/** A student as an import should store one; a member that is not named should hold nothing. */
export interface Stored {
  readonly student_no: string;
  readonly name: string;
  readonly grade?: number;
  readonly school?: string;
  readonly class_name?: string;
  readonly phone?: string;
  readonly parent_phone?: string;
  readonly registered_on?: string;
  readonly memo?: string;
  readonly email?: string;
}

interface WorkbookTrait {
  /** Kebab-case, unique. */
  readonly name: string;
  /** The row of the fault that it is an example of, `–` where there is none. */
  readonly row: string;
  readonly trait: string;
  readonly bytes: () => Buffer;
}

/** A students' workbook with one trait, and what should come of it. */
export type WorkbookCase = WorkbookTrait &
  (
    | {
        readonly students: readonly Stored[];
        /** Codes of the rows that are rejected, in the file's order; default none. */
        readonly rejected?: readonly string[];
        /** Members that the result should have besides. */
        readonly result?: Readonly<Record<string, unknown>>;
      }
    | { readonly code: string }
  );

/** Student `n`, called 홍길동 unless the members say otherwise. */
export const S = (n: number | string, members: Omit<Partial<Stored>, "student_no"> = {}): Stored => ({
  student_no: String(n),
  name: "홍길동",
  ...members,
});

/**
 * Why a statement was sent. `work`: a constant per job and running worker · `housekeeping`: a constant per
 * installation · `people`: what a person asked for by hand · `watching`: must stay 0.
 */
export const STATEMENT_CAUSES = ["watching", "work", "housekeeping", "people"] as const;
export type StatementCause = (typeof STATEMENT_CAUSES)[number];

/** Statements sent by this process since its start, by cause, `BEGIN` and `COMMIT` included. */
export type StatementCounts = Readonly<Record<StatementCause, number>>;

/** One SQL statement of this package. */
export interface Statement {
  /** Name of the prepared statement: one name, one text. */
  readonly name: string;
  readonly cause: StatementCause;
  /** Whose connections and time-out: somebody waits for an answer, or nobody does. */
  readonly side: "request" | "background";
  /** Whether sending it again after a lost connection does no harm: only then it is sent once more. */
  readonly repeatable: boolean;
  readonly text: string;
}

/** What rows come back as, before they are looked at. */
export type Row = Readonly<Record<string, unknown>>;

/** Sends one statement and counts it. @throws {database_unavailable} */
export type Send = (statement: Statement, values: readonly unknown[]) => Promise<readonly Row[]>;

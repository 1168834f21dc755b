import type { Send } from "./statement.ts";

/** What the records' methods share. */
export interface Context {
  readonly send: Send;
  /** Results above this stay in the row until `findResult` reads them, bytes. */
  readonly resultInlineMaxBytes: number;
  /** How long a committer has to write status store and queue itself before the relay does, ms. */
  readonly committerGraceMs: number;
}

import { refKey, type JobRef, type RequestRecords, type StatusWriter } from "@statusplane/core";

export interface RowResultsOptions {
  readonly records: Pick<RequestRecords, "findResult">;
  readonly writer: Pick<StatusWriter, "restoreResult">;
}

/** Large results that only the row has: one statement for all who ask at once, and the status store has it again. */
export class RowResults {
  readonly #options: RowResultsOptions;
  readonly #underWay = new Map<string, Promise<string | null>>();

  constructor(options: RowResultsOptions) {
    this.#options = options;
  }

  /** The result as JSON text; null when the row has none. @throws {database_unavailable} */
  read(ref: JobRef): Promise<string | null> {
    const key = refKey(ref);
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const reading = this.#read(ref).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, reading);
    return reading;
  }

  async #read(ref: JobRef): Promise<string | null> {
    const { records, writer } = this.#options;
    const found = await records.findResult(ref);
    if (found === null) return null;
    writer.restoreResult(ref, found.attempt, found.text).catch(() => undefined); // the next miss tries again
    return found.text;
  }
}

import { StatusplaneError, type DetailedRecord, type JobRef } from "@statusplane/core";
import type { TokenBucket } from "../http/index.ts";

export interface LookUpsOptions {
  /** One statement for all of them; rows in the order of the refs, null where there is none. */
  readonly findMany: (refs: readonly JobRef[]) => Promise<readonly (DetailedRecord | null)[]>;
  /** How often one is sent. */
  readonly statements: TokenBucket;
  /** How many rows are asked for before they are many. */
  readonly few: TokenBucket;
  /** How often one that is not full is sent while they are many. */
  readonly unfilled: TokenBucket;
}

/** One row that somebody waits for. */
export interface LookUp {
  readonly ref: JobRef;
  readonly row: Promise<DetailedRecord | null>;
}

interface Waiting extends LookUp {
  readonly resolve: (record: DetailedRecord | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Rows of one statement. */
const ROWS_MAX = 100;
/** Statements under way at most; more than one where they are full. */
const AT_ONCE_MAX = 4;
/** Rows that may wait, of all tenants together: what one tenant may add is bounded by its share long before. */
const WAITING_MAX = 5_000;
const LOOK_AGAIN_MS = 20;

/**
 * Looks rows up: whatever is asked while a statement is under way shares the next one, and what has filled a statement waits for
 * none. While many are asked for, one that is not full waits for more of them: a herd costs few statements. Tenants take turns in it,
 * so that the one which asks most waits longest.
 */
export class LookUps {
  readonly #options: LookUpsOptions;
  /** By tenant, in turn. */
  readonly #waiting = new Map<string, Waiting[]>();
  #count = 0;
  #underWay = 0;
  #areMany = false;
  #isLookingAgain = false;

  constructor(options: LookUpsOptions) {
    this.#options = options;
  }

  /** @throws {detail_budget_spent} when too many wait. */
  ask(ref: JobRef): LookUp {
    if (this.#count >= WAITING_MAX)
      throw new StatusplaneError("detail_budget_spent", { retryAfterSeconds: 1 });
    const { promise, resolve, reject } = withResolvers<DetailedRecord | null>();
    const asked = { ref, row: promise, resolve, reject };
    const others = this.#waiting.get(ref.tenant);
    if (others === undefined) this.#waiting.set(ref.tenant, [asked]);
    else others.push(asked);
    this.#count += 1;
    this.#areMany = !this.#options.few.take();
    if (this.#underWay === 0) this.#send();
    else if (this.#count === ROWS_MAX) setImmediate(() => this.#send()); // what else this turn asks for has its turn in it
    return asked;
  }

  #send(): void {
    const { statements, unfilled } = this.#options;
    while (this.#count > 0) {
      const isFull = this.#count >= ROWS_MAX;
      if (this.#underWay >= (isFull ? AT_ONCE_MAX : 1)) return; // its end looks again
      const waitsForMore = this.#areMany && !isFull;
      if (statements.isSpent() || (waitsForMore && unfilled.isSpent())) return this.#lookAgain();
      statements.take();
      if (waitsForMore) unfilled.take();
      void this.#look(this.#next());
    }
  }

  #lookAgain(): void {
    if (this.#isLookingAgain) return;
    this.#isLookingAgain = true;
    setTimeout(() => {
      this.#isLookingAgain = false;
      this.#send();
    }, LOOK_AGAIN_MS);
  }

  /** Never rejects: whoever asked is told. */
  async #look(batch: readonly Waiting[]): Promise<void> {
    this.#underWay += 1;
    try {
      const rows = await this.#options.findMany(batch.map(({ ref }) => ref));
      for (const [index, { resolve }] of batch.entries()) resolve(rows[index] ?? null);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#underWay -= 1;
      this.#send();
    }
  }

  /** One of each tenant, and again, until the statement is full; who was served goes to the end. */
  #next(): readonly Waiting[] {
    const batch: Waiting[] = [];
    while (batch.length < ROWS_MAX && this.#count > 0) {
      for (const [tenant, own] of [...this.#waiting]) {
        if (batch.length >= ROWS_MAX) break;
        this.#waiting.delete(tenant);
        const first = own.shift();
        if (first === undefined) continue;
        batch.push(first);
        this.#count -= 1;
        if (own.length > 0) this.#waiting.set(tenant, own);
      }
    }
    return batch;
  }
}

function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

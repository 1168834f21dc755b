import { StatusplaneError, type DetailedRecord, type JobRef } from "@statusplane/core";
import type { TokenBucket } from "../http/index.ts";

export interface LookUpsOptions {
  /** One statement for all of them; rows in the order of the refs, null where there is none. */
  readonly findMany: (refs: readonly JobRef[]) => Promise<readonly (DetailedRecord | null)[]>;
  /** How often one is sent. */
  readonly statements: TokenBucket;
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
/** Rows that may wait, of all tenants together: what one tenant may add is bounded by its share long before. */
const WAITING_MAX = 5_000;
const LOOK_AGAIN_MS = 20;

/**
 * Looks rows up, one statement at a time: whatever is asked while it is under way shares the next one. Tenants take turns
 * in it, so that the one which asks most waits longest.
 */
export class LookUps {
  readonly #options: LookUpsOptions;
  /** By tenant, in turn. */
  readonly #waiting = new Map<string, Waiting[]>();
  #count = 0;
  #busy = false;

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
    if (!this.#busy) void this.#work();
    return asked;
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#count > 0) {
      if (this.#options.statements.take()) await this.#send(this.#next());
      else await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
    this.#busy = false;
  }

  /** Never rejects: whoever asked is told. */
  async #send(batch: readonly Waiting[]): Promise<void> {
    try {
      const rows = await this.#options.findMany(batch.map(({ ref }) => ref));
      for (const [index, { resolve }] of batch.entries()) resolve(rows[index] ?? null);
    } catch (error) {
      for (const { reject } of batch) reject(error);
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

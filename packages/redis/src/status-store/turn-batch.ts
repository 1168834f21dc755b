interface Waiting<I, V> {
  readonly key: string;
  readonly item: I;
  readonly answer: Promise<V>;
  readonly resolve: (value: V | Promise<V>) => void;
  readonly reject: (error: unknown) => void;
}

export interface TurnBatchOptions<I, V> {
  /** Fetches the items of one turn, in their order; an answer may itself take longer. */
  readonly fetch: (items: readonly I[], keys: readonly string[]) => Promise<readonly (V | Promise<V>)[]>;
  /** More than so many items of one turn become several fetches. */
  readonly maxItems: number;
}

/**
 * Collects what is asked for in one turn of the event loop and fetches it at the turn's end, each key once. Nothing
 * is kept: what is asked for after that is fetched anew, so no answer is older than its question.
 */
export class TurnBatch<I, V> {
  readonly #options: TurnBatchOptions<I, V>;
  #waiting = new Map<string, Waiting<I, V>>();

  constructor(options: TurnBatchOptions<I, V>) {
    this.#options = options;
  }

  get(key: string, item: I): Promise<V> {
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return waiting.answer;
    if (this.#waiting.size === 0) setImmediate(() => this.#flush());
    const { promise, resolve, reject } = openPromise<V>();
    this.#waiting.set(key, { key, item, answer: promise, resolve, reject });
    return promise;
  }

  #flush(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting = new Map();
    const { maxItems } = this.#options;
    for (let from = 0; from < waiting.length; from += maxItems) {
      void this.#fetch(waiting.length <= maxItems ? waiting : waiting.slice(from, from + maxItems));
    }
  }

  async #fetch(waiting: readonly Waiting<I, V>[]): Promise<void> {
    try {
      const answers = await this.#options.fetch(
        waiting.map(({ item }) => item),
        waiting.map(({ key }) => key),
      );
      waiting.forEach(({ resolve }, i) => resolve(answers[i] as V | Promise<V>)); // one per item, in their order
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

function openPromise<V>(): Pick<Waiting<never, V>, "resolve" | "reject"> & { readonly promise: Promise<V> } {
  let resolve: (value: V | Promise<V>) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<V>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

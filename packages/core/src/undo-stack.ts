/** What was opened is closed in the reverse order, once; one failing close does not keep the others from running. */
export class UndoStack {
  readonly #steps: { readonly what: string; readonly undo: () => unknown }[] = [];
  readonly #onError: ((what: string, error: unknown) => void) | undefined;

  /** @param onError told of each close that failed. Default: the first of them is thrown when all have run. */
  constructor(onError?: (what: string, error: unknown) => void) {
    this.#onError = onError;
  }

  /** @param undo closes it; a promise is awaited. */
  push(what: string, undo: () => unknown): void {
    this.#steps.push({ what, undo });
  }

  /** @throws the first failure, where nobody is told of them. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const { what, undo } of this.#steps.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        if (this.#onError === undefined) failures.push(error);
        else this.#onError(what, error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

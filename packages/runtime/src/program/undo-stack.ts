/** What was opened is closed in the reverse order, once; one failing close does not keep the others from running. */
export class UndoStack {
  readonly #steps: { readonly what: string; readonly undo: () => Promise<unknown> }[] = [];
  readonly #onError: (what: string, error: unknown) => void;

  constructor(onError: (what: string, error: unknown) => void) {
    this.#onError = onError;
  }

  push(what: string, undo: () => Promise<unknown>): void {
    this.#steps.push({ what, undo });
  }

  async run(): Promise<void> {
    for (const { what, undo } of this.#steps.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        this.#onError(what, error);
      }
    }
  }
}

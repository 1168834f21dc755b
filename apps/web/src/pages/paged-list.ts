import type { Page } from "@statusplane/client";
import { observableValue, type ObservableValue } from "../browser/index.ts";

/** What has been read so far. */
export interface PagedState<T> extends Page<T> {
  readonly isLoading: boolean;
  /** Why the last read failed; null if it did not. */
  readonly failure: { readonly error: unknown } | null;
}

/** A list read in keyset pages. An answer that a newer question has overtaken is dropped. */
export class PagedList<T> {
  readonly state: ObservableValue<PagedState<T>> = observableValue<PagedState<T>>({
    items: [],
    nextCursor: null,
    isLoading: true,
    failure: null,
  });
  readonly #load: (cursor: string | null) => Promise<Page<T>>;
  #question = 0;

  constructor(load: (cursor: string | null) => Promise<Page<T>>) {
    this.#load = load;
  }

  /** The first page; what is shown stays until its answer. */
  reload(): void {
    void this.#ask(null);
  }

  /** The next page. */
  more(): void {
    const { isLoading, nextCursor } = this.state.get();
    if (!isLoading && nextCursor !== null) void this.#ask(nextCursor);
  }

  /** Answers on their way are dropped. */
  close(): void {
    this.#question += 1;
  }

  async #ask(cursor: string | null): Promise<void> {
    this.#question += 1;
    const question = this.#question;
    const before = this.state.get();
    this.state.set({ ...before, isLoading: true, failure: null });
    const after = await this.#load(cursor).then(
      ({ items, nextCursor }) => ({
        items: cursor === null ? items : [...before.items, ...items],
        nextCursor,
        failure: null,
      }),
      (error: unknown) => ({ items: before.items, nextCursor: before.nextCursor, failure: { error } }),
    );
    if (question === this.#question) this.state.set({ ...after, isLoading: false });
  }
}

import type { WriteAnswer, WriteKind } from "@statusplane/core";
import type { StatusStoreCounters } from "@statusplane/core/status-store";

type Answer = WriteAnswer | "unavailable";

/** Status writes by kind and answer, reads of other programs' values and lost hints, as `/metrics` shows them. */
export class WriteCounts implements StatusStoreCounters {
  readonly #writes = new Map<string, { readonly kind: WriteKind; readonly answer: Answer; count: number }>();
  foreignReads = 0;
  lostHints = 0;

  readonly onWrite = (kind: WriteKind, answer: Answer): void => {
    const key = `${kind} ${answer}`;
    const entry = this.#writes.get(key);
    if (entry === undefined) this.#writes.set(key, { kind, answer, count: 1 });
    else entry.count += 1;
  };

  readonly onForeignRead = (): void => {
    this.foreignReads += 1;
  };

  readonly onHintLost = (): void => {
    this.lostHints += 1;
  };

  writes(): Iterable<{ readonly kind: WriteKind; readonly answer: Answer; readonly count: number }> {
    return this.#writes.values();
  }
}

import type { EncodedSnapshot, SnapshotHead, WriteAnswer, WriteKind } from "@statusplane/core";
import { DEFAULT_TIMINGS } from "@statusplane/core";
import { MemoryEntries, memoryStatusStoreOver } from "@statusplane/memory/testing";

/** What a store shows of the one job of a schedule. */
export interface Shown extends SnapshotHead {
  readonly text: string;
  /** When its life began anew, in writes since the store was opened; null: it lives for ever. */
  readonly renewedAtWrite: number | null;
}

/** A store that decides within the caller's turn, so that millions of schedules take minutes. */
export interface ScheduledStore {
  /** Everything is lost: how each schedule begins, and what a loss does. Writes are counted from here. */
  empty(): void;
  write(kind: WriteKind, write: EncodedSnapshot): WriteAnswer;
  shown(): Shown | null;
}

/** The real memory store. Its clock goes on by 1 ms with each write, so that a renewed life can be told from an old one. */
export class MemoryScheduledStore implements ScheduledStore {
  #nowMs = 0;
  #answer: WriteAnswer | "unavailable" | null = null;
  #opened = this.#open();
  #ref: EncodedSnapshot["ref"] | null = null;

  empty(): void {
    this.#nowMs = 0;
    this.#opened = this.#open();
  }

  write(kind: WriteKind, write: EncodedSnapshot): WriteAnswer {
    this.#nowMs += 1;
    this.#ref = write.ref;
    this.#answer = null;
    void this.#opened.writer.write(kind, write); // a rejection ends the process, as it should: it would be a bug here
    if (this.#answer === null || this.#answer === "unavailable") {
      throw new Error("the memory store has not answered within the turn");
    }
    return this.#answer;
  }

  shown(): Shown | null {
    const entry = this.#ref === null ? null : this.#opened.entries.get(this.#ref);
    if (entry === null || entry.snapshot === null) return null;
    const { attempt, version, status, text } = entry.snapshot;
    const { expiresAtMs } = entry;
    const renewedAtWrite = expiresAtMs === null ? null : expiresAtMs - DEFAULT_TIMINGS.liveTtlSeconds * 1_000;
    return { attempt, version, status, text, renewedAtWrite };
  }

  #open(): {
    readonly entries: MemoryEntries;
    readonly writer: ReturnType<typeof memoryStatusStoreOver>["writer"];
  } {
    const entries = new MemoryEntries(() => this.#nowMs);
    const onWrite = (_kind: WriteKind, answer: WriteAnswer | "unavailable"): void => {
      this.#answer = answer;
    };
    return { entries, writer: memoryStatusStoreOver(entries, { counters: { onWrite } }).writer };
  }
}

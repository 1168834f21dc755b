import { refKey, type JobRef, type ProgressHash, type StoredSnapshot } from "@statusplane/core";

/** Expired entries are looked for among this many per write, so that a write's cost stays bounded. */
const SWEPT_PER_WRITE = 4;

/** Everything of one job, as Redis holds it in `:status`, `:progress` and `:result`. */
export interface MemoryEntry {
  /** Null: the job was removed, and nobody who comes late may bring it back. */
  readonly snapshot: StoredSnapshot | null;
  /** Only while PROCESSING. */
  readonly hash: ProgressHash | null;
  /** The attempt that is asked to stop; only while PROCESSING. */
  readonly cancelRequestedFor: number | null;
  readonly resultText: string | null;
  /** By the entries' clock, ms; null: never. */
  readonly expiresAtMs: number | null;
}

/** Jobs by ref, with expiry checked at each look and a sweep of a few entries at each write: no timer. */
export class MemoryEntries {
  readonly now: () => number;
  readonly #entries = new Map<string, MemoryEntry>();
  #expiring = 0;
  #sweep: IterableIterator<[string, MemoryEntry]> | undefined;

  constructor(now: () => number) {
    this.now = now;
  }

  /** How many are held, expired ones included until they are swept. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many of them have an end of their life. */
  get expiring(): number {
    return this.#expiring;
  }

  get(ref: JobRef): MemoryEntry | null {
    const key = refKey(ref);
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (!this.#isExpired(entry)) return entry;
    this.#put(key, null);
    return null;
  }

  set(ref: JobRef, entry: MemoryEntry): void {
    this.#put(refKey(ref), entry);
    this.#sweepSome();
  }

  /** One job's is lost, as by an eviction. */
  forget(ref: JobRef): void {
    this.#put(refKey(ref), null);
  }

  /** All of them are lost, as by a FLUSHALL. */
  clear(): void {
    for (const key of [...this.#entries.keys()]) this.#put(key, null);
  }

  /** The one place where the map changes; null removes. */
  #put(key: string, entry: MemoryEntry | null): void {
    const before = this.#entries.get(key);
    if (before !== undefined && before.expiresAtMs !== null) this.#expiring -= 1;
    if (entry === null) this.#entries.delete(key);
    else this.#entries.set(key, entry);
    if (entry !== null && entry.expiresAtMs !== null) this.#expiring += 1;
  }

  #isExpired({ expiresAtMs }: MemoryEntry): boolean {
    return expiresAtMs !== null && expiresAtMs <= this.now();
  }

  #sweepSome(): void {
    this.#sweep ??= this.#entries.entries();
    for (let i = 0; i < SWEPT_PER_WRITE; i++) {
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = undefined;
        return;
      }
      const [key, entry] = next.value;
      if (this.#isExpired(entry)) this.#put(key, null);
    }
  }
}

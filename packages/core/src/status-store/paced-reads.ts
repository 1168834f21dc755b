import { systemClock } from "../clock.ts";

/** A read that failed is repeated after so long, in ms, then ever later. */
const FIRST_RETRY_MS = 250;

export interface PacedReadsOptions {
  /** What a read does; it may fail. */
  readonly read: () => Promise<void>;
  /** A read begins so long after the one before began at the earliest, ms. */
  readonly everyMs: number;
  /** Without a reason one begins so long after the last one ended, ms; 0: never. */
  readonly rereadMs: number;
  /** Ever later retries come so soon at the latest, ms; at least the first one's wait. */
  readonly longestRetryMs: number;
  /** A read failed after one that did not. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Reads for all who watch something: one at a time, as many reasons for one as come while it is due or under way.
 *
 * ```
 * idle ──soon, or rereadMs are over──▶ due (everyMs after the last read began) ──▶ reading ──▶ idle
 *                                       ▲                                            │
 *                                       └──── soon meanwhile, or failed: a little later
 * ```
 */
export class PacedReads {
  readonly #options: PacedReadsOptions;
  /** When the last read began. */
  #beganAtMs = -Infinity;
  #reading: Promise<void> | undefined;
  #wantedMeanwhile = false;
  #failures = 0;
  /** The read that is due next; null: none. */
  #due: { readonly atMs: number; readonly cancel: () => void } | null = null;
  #ended = false;

  constructor(options: PacedReadsOptions) {
    this.#options = options;
  }

  /** There is a reason to read. */
  soon(): void {
    if (this.#reading === undefined) this.#at(this.#beganAtMs + this.#options.everyMs);
    else this.#wantedMeanwhile = true;
  }

  /** The read that is under way, or a new one. Rejects as it fails; it is repeated then, too. */
  now(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
      const { rereadMs } = this.#options;
      if (this.#failures > 0) this.#at(systemClock.nowMs() + this.#retryMs());
      else if (this.#wantedMeanwhile) this.soon();
      else if (rereadMs > 0) this.#at(systemClock.nowMs() + rereadMs);
      this.#wantedMeanwhile = false;
    });
    return this.#reading;
  }

  /** No read begins any more. */
  end(): void {
    this.#ended = true;
    this.#cancelDue();
  }

  /** Only what is due earlier takes the place of what is due: a steady flow of reasons must not put the read off. */
  #at(atMs: number): void {
    if (this.#ended || (this.#due !== null && this.#due.atMs <= atMs)) return;
    this.#cancelDue();
    const cancel = systemClock.after(Math.max(0, atMs - systemClock.nowMs()), () => {
      this.#due = null;
      this.now().catch(() => undefined); // told by onFailure, and repeated
    });
    this.#due = { atMs, cancel };
  }

  #cancelDue(): void {
    this.#due?.cancel();
    this.#due = null;
  }

  async #read(): Promise<void> {
    this.#cancelDue();
    this.#beganAtMs = systemClock.nowMs();
    try {
      await this.#options.read();
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      if (this.#failures === 1) this.#options.onFailure(error);
      throw error;
    }
  }

  #retryMs(): number {
    const longestMs = Math.max(FIRST_RETRY_MS, this.#options.longestRetryMs);
    return Math.min(longestMs, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
  }
}

import { refKey, type EncodedSnapshot, type StatusWriter, type Timings } from "@statusplane/core";
import { storeBackoffMs } from "../backoff.ts";
import { pause, settlesWithin, type Clock } from "../clock.ts";
import type { WorkerCounts } from "./worker-counters.ts";

/** Ends kept for a store that is away. What exceeds it is left to the outbox alone. */
const MAX_KEPT = 1_000;

export interface TerminalWriterOptions {
  readonly writer: Pick<StatusWriter, "write">;
  readonly timings: Pick<Timings, "completionDeadlineMs">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly counts: WorkerCounts;
  /** Aborts when nothing is to be repeated any more. */
  readonly ended: AbortSignal;
}

/**
 * Brings committed ends to the status store. The committer waits `completionDeadlineMs` at most; an end that got no
 * answer by then is kept and repeated until the store is back (sooner than the outbox would bring it).
 */
export class TerminalWriter {
  readonly #options: TerminalWriterOptions;
  readonly #kept = new Map<string, EncodedSnapshot>();

  constructor(options: TerminalWriterOptions) {
    this.#options = options;
  }

  /** How many ends wait for the store. */
  get kept(): number {
    return this.#kept.size;
  }

  /** Call it after COMMIT only. Resolves when the store has answered or the deadline is over; never rejects. */
  async write(snapshot: EncodedSnapshot): Promise<void> {
    const { clock, timings } = this.#options;
    await settlesWithin(clock, timings.completionDeadlineMs, this.#writeUntilAnswered(snapshot));
  }

  async #writeUntilAnswered(snapshot: EncodedSnapshot): Promise<void> {
    const { clock, random, ended } = this.#options;
    const key = refKey(snapshot.ref);
    for (let failures = 1; !ended.aborted; failures++) {
      if (await this.#writeOnce(snapshot)) break;
      if (failures === 1) {
        if (this.#kept.size >= MAX_KEPT) return;
        this.#kept.set(key, snapshot);
      }
      await pause(clock, storeBackoffMs(failures, random()), ended);
      // a later attempt of the same job has ended meanwhile: its end is the one to tell
      if (this.#kept.get(key) !== snapshot) return;
    }
    if (this.#kept.get(key) === snapshot) this.#kept.delete(key);
  }

  /** A refusal is an answer too: whoever was first wrote the same end, or a newer attempt is shown. */
  async #writeOnce(snapshot: EncodedSnapshot): Promise<boolean> {
    const { writer, counts } = this.#options;
    try {
      counts.writes[(await writer.write("finish", snapshot)).answer] += 1;
      return true;
    } catch {
      counts.writesFailed += 1; // the outbox entry makes up for it if we cannot
      return false;
    }
  }
}

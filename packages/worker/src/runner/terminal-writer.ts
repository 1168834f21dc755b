import {
  crashPoint,
  pause,
  refKey,
  settlesWithin,
  type Clock,
  type EncodedSnapshot,
  type StatusWriter,
  type Timings,
} from "@statusplane/core";
import { debugAttempt } from "../attempt-lines.ts";
import { storeBackoffMs } from "../backoff.ts";
import type { Log } from "../log.ts";
import type { WorkerCounts } from "./worker-counters.ts";

/** Ends kept for a store that is away. What exceeds it is left to the outbox alone. */
const MAX_KEPT = 1_000;

export interface TerminalWriterOptions {
  readonly writer: Pick<StatusWriter, "write">;
  readonly timings: Pick<Timings, "completionDeadlineMs">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly counts: WorkerCounts;
  readonly log: Log;
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
  #repeating = false;

  constructor(options: TerminalWriterOptions) {
    this.#options = options;
  }

  /** How many ends wait for the store. */
  get kept(): number {
    return this.#kept.size;
  }

  /** Call it after COMMIT only. Resolves when the store has answered, has failed, or the deadline is over; never rejects. */
  async write(snapshot: EncodedSnapshot): Promise<void> {
    const { clock, timings } = this.#options;
    await settlesWithin(clock, timings.completionDeadlineMs, this.#writeOrKeep(snapshot));
  }

  async #writeOrKeep(snapshot: EncodedSnapshot): Promise<void> {
    const key = refKey(snapshot.ref);
    if (await this.#writeOnce(snapshot)) {
      this.#kept.delete(key); // an earlier attempt's end, if one was kept: this one is newer
      return;
    }
    if (this.#kept.size >= MAX_KEPT && !this.#kept.has(key)) return;
    this.#kept.set(key, snapshot);
    if (!this.#repeating) void this.#repeat();
  }

  /** One round after another on a timer, until nothing is kept. A round ends at its first failure: the store is still away. */
  async #repeat(): Promise<void> {
    const { clock, random, ended } = this.#options;
    this.#repeating = true;
    for (let failures = 1; this.#kept.size > 0 && !ended.aborted; failures++) {
      await pause(clock, storeBackoffMs(failures, random()), ended);
      for (const [key, snapshot] of this.#kept) {
        crashPoint("finish.before-repeat");
        if (ended.aborted || !(await this.#writeOnce(snapshot))) break;
        crashPoint("finish.after-repeat");
        failures = 0;
        if (this.#kept.get(key) === snapshot) this.#kept.delete(key);
      }
    }
    this.#repeating = false;
  }

  /** A refusal is an answer too: whoever was first wrote the same end, or a newer attempt is shown. */
  async #writeOnce(snapshot: EncodedSnapshot): Promise<boolean> {
    const { writer, counts, log } = this.#options;
    const { ref, attempt, status } = snapshot;
    try {
      const { answer } = await writer.write("finish", snapshot);
      counts.writes[answer] += 1;
      debugAttempt(log, { ref, attempt }, `${status} written: ${answer}`);
      return true;
    } catch {
      counts.writesFailed += 1; // the outbox entry makes up for it if we cannot
      return false;
    }
  }
}

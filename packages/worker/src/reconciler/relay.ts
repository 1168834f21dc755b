import {
  applyRecord,
  applyRemoval,
  crashPoint,
  faultFields,
  refKey,
  type Clock,
  type JobQueue,
  type OutboxEntry,
  type RemovedFiles,
  type ReconcilerRecords,
  type StatusWriter,
  type Timings,
} from "@statusplane/core";
import type { Log } from "../log.ts";
import { forEachOf } from "./for-each-of.ts";

/** Entries taken by one statement. */
export const TAKE_LIMIT = 500;
/** Jobs named in the line of a batch. */
const NAMED_AT_MOST = 10;
/** Entries applied at once. */
const APPLIED_AT_ONCE = 32;

export interface RelayOptions {
  readonly records: Pick<ReconcilerRecords, "take" | "markApplied" | "deleteApplied">;
  readonly writer: StatusWriter;
  readonly queue: Pick<JobQueue, "enqueue">;
  readonly files: RemovedFiles;
  readonly timings: Pick<Timings, "takeMs" | "settleMs">;
  readonly clock: Clock;
  readonly log: Log;
}

interface Unapplied {
  readonly entry: OutboxEntry;
  /** Monotonic ms; from then on the entry is due again and taken anew. */
  readonly untilMs: number;
}

/**
 * Makes status store and queue say what the rows of taken outbox entries say; of a row that is gone nothing stays there, nor
 * in the files.
 *
 * ```
 * due ─take─▶ taken ─applied─▶ waits for the settle window ─take─▶ taken ─applied─▶ deleted
 *   ▲           └─failed─▶ kept here for the next round, and due again after takeMs if we die
 * ```
 * Mark and delete carry the entry's generation: an entry renewed meanwhile is left alone.
 */
export class Relay {
  readonly #options: RelayOptions;
  #unapplied: Unapplied[] = [];
  #applied = 0;
  #failed = 0;
  #draining: Promise<void> | null = null;
  #drainAgain = false;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  get counts(): { readonly applied: number; readonly failed: number } {
    return { applied: this.#applied, failed: this.#failed };
  }

  /** Applies what was taken, and first what could not be applied before. @returns whether all of it was. */
  async apply(taken: readonly OutboxEntry[]): Promise<boolean> {
    const { clock, timings } = this.#options;
    const nowMs = clock.nowMs();
    const before = this.#unapplied.filter(({ untilMs }) => nowMs < untilMs);
    const fresh = taken.map((entry) => ({ entry, untilMs: nowMs + timings.takeMs }));
    this.#unapplied = [];
    const done: OutboxEntry[] = [];
    const failed: Unapplied[] = [];
    await forEachOf([...before, ...fresh], APPLIED_AT_ONCE, async (unapplied) => {
      if (await this.#applyEntry(unapplied.entry)) done.push(unapplied.entry);
      else failed.push(unapplied);
    });
    this.#unapplied.push(...failed);
    this.#applied += done.length;
    this.#failed += failed.length;
    if (done.length + failed.length > 0) this.#sayBatch(done, failed.length);
    await this.#markAll(done);
    return failed.length === 0;
  }

  /** Takes and applies until nothing more is due or the outside does not answer. Calls at the same time share one round. */
  drain(): Promise<void> {
    if (this.#draining !== null) {
      this.#drainAgain = true;
      return this.#draining;
    }
    this.#draining = this.#drain().finally(() => {
      this.#draining = null;
    });
    return this.#draining;
  }

  async #drain(): Promise<void> {
    do {
      this.#drainAgain = false;
      let taken: readonly OutboxEntry[];
      do {
        taken = await this.#take();
        if (!(await this.apply(taken))) return; // what failed waits for the next tick and its ping
      } while (taken.length >= TAKE_LIMIT);
    } while (this.#drainAgain);
  }

  #sayBatch(done: readonly OutboxEntry[], failed: number): void {
    const settled = done.filter(({ applied }) => applied).length;
    const jobs = done
      .slice(0, NAMED_AT_MOST)
      .map(({ ref, record }) => `${refKey(ref)} attempt ${record?.attempt ?? "(removed)"}`);
    this.#options.log.debug?.(
      { known: done.length, settled, failed, jobs },
      "relay told store and queue what rows say",
    );
  }

  async #take(): Promise<readonly OutboxEntry[]> {
    crashPoint("relay.before-take");
    const taken = await this.#options.records.take(TAKE_LIMIT, this.#options.timings.takeMs);
    crashPoint("relay.after-take");
    return taken;
  }

  async #applyEntry({ ref, record }: OutboxEntry): Promise<boolean> {
    const { writer, queue, files, log } = this.#options;
    crashPoint("relay.before-apply");
    try {
      if (record === null) await applyRemoval(ref, { writer, files });
      else await applyRecord(record, { writer, queue });
      crashPoint("relay.after-apply");
      return true;
    } catch (error) {
      log.warn(
        { ...faultFields(error), attempt: record?.attempt ?? null },
        "outbox entry not applied; will retry",
      );
      return false;
    }
  }

  /** A mark that fails leaves its entries due again after `takeMs`: applied once more, which is harmless. */
  async #markAll(done: readonly OutboxEntry[]): Promise<void> {
    const { records, timings } = this.#options;
    const first = done.filter(({ applied }) => !applied);
    const second = done.filter(({ applied }) => applied);
    if (first.length > 0) {
      crashPoint("relay.before-mark");
      await records.markApplied(first, timings.settleMs);
      crashPoint("relay.after-mark");
    }
    if (second.length > 0) {
      crashPoint("relay.before-delete");
      await records.deleteApplied(second);
      crashPoint("relay.after-delete");
    }
  }
}

import {
  crashPoint,
  faultFields,
  pause,
  type Clock,
  type JobRef,
  type ReconcilerRecords,
  type Sentinel,
  type SentinelKeeper,
  type Tick,
} from "@statusplane/core";
import type { Log } from "../log.ts";

const PAGE_ROWS = 500;
/** Rows a second get an entry; the relay behind it is not to starve what is new. */
const ROWS_PER_SECOND = 2_000;
/** Rows ended in the last quarter of an hour at least are told again: a sentinel's age is only known to a tick. */
const AT_LEAST_MS = 15 * 60_000;
/** Tick of a sentinel whose keeper is being refilled: lower than any real one. */
const REFILLING = 0;

type Sentinels = readonly (Sentinel | null)[];

/** What was noticed, for logs and metrics. */
export interface Loss {
  readonly where: "status store" | "queue";
  /** Rows ended since then (Unix ms) are told again; null: waiting ones only. */
  readonly endedSinceMs: number | null;
  readonly missing: boolean;
}

interface Refill extends Loss {
  /** What the sentinels say meanwhile. */
  readonly written: Sentinels;
}

export interface LossDetectionOptions {
  readonly where: Loss["where"];
  readonly keeper: SentinelKeeper;
  readonly records: Pick<ReconcilerRecords, "enqueueLost">;
  /** Called after each page: entries are due. */
  readonly drain: () => Promise<void>;
  /** How far back rows are told again when a sentinel is missing. */
  readonly recoverWindowSeconds: number;
  readonly onLoss: (loss: Loss) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly ended: AbortSignal;
}

/**
 * Notices that a store lost data, by the last tick that it remembers, and has the rows of the lost span told again.
 *
 * ```
 * watching ─sentinel older than expected, or missing─▶ refilling ─all rows have entries─▶ watching
 *                                                        │  ▲ sentinel missing again: from the beginning
 * ```
 * While refilling the sentinel says tick 0 and how far back it goes, so that a successor, after a crash, refills again.
 * Expected is the last sentinel whose write was answered; for a new leader, the tick before in the row. A sentinel is
 * written only over what was read: one that says something else by then was lost meanwhile, which the next tick sees.
 */
export class LossDetection {
  readonly #options: LossDetectionOptions;
  #expectedTick: number | null = null;
  #refill: { readonly ended: AbortController; readonly done: Promise<void> } | null = null;
  #seen = 0;

  constructor(options: LossDetectionOptions) {
    this.#options = options;
  }

  /** Losses since the start of the process. */
  get seen(): number {
    return this.#seen;
  }

  /** Another process leads: what this one expects is no longer true. */
  forget(): void {
    this.#expectedTick = null;
    this.#refill?.ended.abort();
    this.#refill = null;
  }

  /** Compares and, unless something was lost, writes this tick. A keeper that does not answer is asked at the next tick. */
  async check(tick: Tick): Promise<void> {
    const { keeper, log, where } = this.#options;
    try {
      const sentinels = await keeper.readSentinels();
      const loss = this.#lossOf(tick, sentinels);
      if (loss !== null) await this.#begin(loss, tick, sentinels);
      else if (this.#refill === null) {
        crashPoint("tick.before-sentinel");
        await this.#write({ tick: tick.tick, tickedAtMs: tick.tickedAtMs }, sentinels);
        crashPoint("tick.after-sentinel");
      }
    } catch (error) {
      log.warn({ ...faultFields(error), where }, "sentinels not read or written; retrying at the next tick");
    }
  }

  /** Waits for a refill under way, for an orderly end. */
  async settled(): Promise<void> {
    await this.#refill?.done;
  }

  #lossOf(tick: Tick, sentinels: readonly (Sentinel | null)[]): Loss | null {
    const { where, recoverWindowSeconds } = this.#options;
    if (tick.previousTickedAtMs === 0) return null; // a fresh installation has nothing to lose
    const known = sentinels.filter((sentinel) => sentinel !== null);
    const missing = known.length < sentinels.length;
    const expectedTick = this.#refill === null ? (this.#expectedTick ?? tick.tick - 1) : REFILLING;
    const older = known.filter((sentinel) => sentinel.tick < expectedTick);
    if (!missing && older.length === 0) return null;
    if (where === "queue") return { where, missing, endedSinceMs: null };
    const windowMs = missing ? recoverWindowSeconds * 1_000 : AT_LEAST_MS;
    const endedSinceMs = Math.min(tick.tickedAtMs - windowMs, ...older.map(({ tickedAtMs }) => tickedAtMs));
    return { where, missing, endedSinceMs };
  }

  async #begin(loss: Loss, tick: Tick, sentinels: Sentinels): Promise<void> {
    const { onLoss } = this.#options;
    this.#refill?.ended.abort();
    this.#seen += 1;
    onLoss(loss);
    crashPoint("recover.before-sentinel");
    const refilling = { tick: REFILLING, tickedAtMs: loss.endedSinceMs ?? tick.tickedAtMs };
    await this.#write(refilling, sentinels);
    crashPoint("recover.after-sentinel");
    const ended = new AbortController();
    const written = sentinels.map(() => refilling);
    const done = this.#refillAll({ ...loss, written }, tick, ended.signal).finally(() => {
      if (this.#refill?.ended === ended) this.#refill = null;
    });
    this.#refill = { ended, done };
  }

  /** Never rejects: what fails leaves the sentinel at tick 0, which the next tick sees as a loss. */
  async #refillAll({ endedSinceMs, written }: Refill, tick: Tick, newerLoss: AbortSignal): Promise<void> {
    const { records, drain, clock, log, where, ended } = this.#options;
    const anyEnd = AbortSignal.any([ended, newerLoss]);
    let after: JobRef | null = null;
    try {
      do {
        crashPoint("recover.before-page");
        after = await records.enqueueLost(endedSinceMs, after, PAGE_ROWS);
        crashPoint("recover.after-page");
        await drain();
        crashPoint("recover.after-drain");
        if (after !== null) await pause(clock, (PAGE_ROWS * 1_000) / ROWS_PER_SECOND, anyEnd);
      } while (after !== null && !anyEnd.aborted);
      if (anyEnd.aborted) return;
      crashPoint("recover.before-end");
      await this.#write({ tick: tick.tick, tickedAtMs: tick.tickedAtMs }, written);
      crashPoint("recover.after-end");
    } catch (error) {
      this.#expectedTick = tick.tick;
      log.warn({ ...faultFields(error), where }, "refill after data loss interrupted; starting over");
    }
  }

  /** @throws {Error} when a sentinel says something else than what was read. */
  async #write(sentinel: Sentinel, read: Sentinels): Promise<void> {
    if (!(await this.#options.keeper.writeSentinels(sentinel, read))) {
      throw new Error("a sentinel says something else than what was read");
    }
    this.#expectedTick = sentinel.tick;
  }
}

import type { Clock, ReconcilerRecords, Tick, Timings } from "@statusplane/core";
import type { Log } from "../log.ts";

/** A clock that is this far from where it should be did not drift: it was set. */
const STEP_MS = 1_000;
/** PENDING rows brought down by one statement. */
const ROWS_AT_ONCE = 1_000;
/** A renewal without an answer is sent again within this share of the lease. */
const RENEWED_AGAIN_SHARE = 1 / 6;

/** A tick: the database's time, and ours before and after. */
interface Ticked {
  readonly tickedAtMs: number;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

export interface DatabaseClockOptions {
  readonly records: Pick<ReconcilerRecords, "followClock">;
  readonly timings: Pick<Timings, "leaseMs" | "renewEveryMs" | "settleMs">;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Leases and due times are judged by the database's clock alone. When that is set, by a person, by NTP, by a failover to
 * another machine, by the end of a laptop's sleep, they are wrong all at once:
 *
 * ```
 * in time ─set ahead by more than half a lease─▶ no sweep until every living worker has renewed its leases ─▶ in time
 *    └────set back─▶ rows still say later: brought down, in pages, again until it was done ─▶ in time
 * ```
 * Seen by the time that passed here between two ticks; a new leader sees only the way back, by the tick before in the row.
 */
export class DatabaseClock {
  readonly #options: DatabaseClockOptions;
  #last: Ticked | null = null;
  #mustFollow = false;
  #sweepAfterMs = Number.NEGATIVE_INFINITY;

  constructor(options: DatabaseClockOptions) {
    this.#options = options;
  }

  /** Whether leases that are over may be those of living workers. */
  get holdsSweep(): boolean {
    return this.#options.clock.nowMs() < this.#sweepAfterMs;
  }

  /** Another process leads, or did. */
  forget(): void {
    this.#last = null;
  }

  /** A tick of this leader has just been answered. @param sentAtMs monotonic ms at which it was sent. */
  observe(tick: Tick, sentAtMs: number): void {
    const { timings, clock, log } = this.#options;
    const stepMs = this.#stepOf(tick, sentAtMs);
    this.#last = { tickedAtMs: tick.tickedAtMs, sentAtMs, answeredAtMs: clock.nowMs() };
    if (stepMs > timings.leaseMs / 2) {
      log.warn({ stepMs }, "database clock moved ahead; sweep waits until leases are renewed");
      this.#sweepAfterMs = clock.nowMs() + timings.renewEveryMs + timings.leaseMs * RENEWED_AGAIN_SHARE;
    }
    if (stepMs < 0) {
      log.warn({ stepMs }, "database clock moved back; adjusting run_at and lease_until of future rows");
      this.#mustFollow = true;
    }
  }

  /** Brings rows down where that is to be done. @throws {database_unavailable}: it is done at the next call. */
  async follow(): Promise<void> {
    const { records, timings } = this.#options;
    while (this.#mustFollow) {
      const { leaseMs, settleMs } = timings;
      this.#mustFollow = await records.followClock({ leaseMs, settleMs, limit: ROWS_AT_ONCE });
    }
  }

  /** How far the clock was set ahead (> 0) or back (< 0), at least; 0 when it may not have been. */
  #stepOf({ tickedAtMs, previousTickedAtMs }: Tick, sentAtMs: number): number {
    const answeredAtMs = this.#options.clock.nowMs();
    const unknown = { tickedAtMs: previousTickedAtMs, sentAtMs: -Infinity, answeredAtMs: sentAtMs };
    const last = this.#last ?? unknown;
    const passedMs = tickedAtMs - last.tickedAtMs;
    const aheadMs = passedMs - (answeredAtMs - last.sentAtMs);
    const backMs = sentAtMs - last.answeredAtMs - passedMs;
    if (aheadMs > STEP_MS) return aheadMs;
    return backMs > STEP_MS ? -backMs : 0;
  }
}

import { crashPoint, faultFields, pause, refKey, type JobRef } from "@statusplane/core";
import { storeBackoffMs } from "../backoff.ts";
import { applyCommitted } from "./end-attempt.ts";
import type { WorkerParts } from "./worker-parts.ts";

/** A claim that was sent and not answered. */
export interface UnansweredClaim {
  readonly ref: JobRef;
  /** What the claim called itself. */
  readonly owner: string;
  readonly sentAtMs: number;
}

/**
 * Each may have been carried out, and then holds a lease that nobody serves. As soon as Postgres answers, one statement a
 * claim hands such a job back: it waits as the next attempt, the try given back, and not for the end of the lease.
 *
 * ```
 * kept ─Postgres answers: held─▶ handed back, told
 *   │   └─────────────── not held (never carried out, or over) ─▶ forgotten
 *   └─its lease is over─▶ forgotten: the sweeper has it
 * ```
 */
export class UnansweredClaims {
  readonly #parts: WorkerParts;
  readonly #kept: UnansweredClaim[] = [];
  #releasing = false;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  keep(claim: UnansweredClaim): void {
    this.#kept.push(claim);
    if (!this.#releasing) void this.#releaseAll();
  }

  /** One round after another on a timer. A round ends at its first failure: Postgres is still away. Never rejects. */
  async #releaseAll(): Promise<void> {
    const { clock, random, ended } = this.#parts;
    this.#releasing = true;
    for (let failures = 1; this.#kept.length > 0 && !ended.aborted; failures++) {
      await pause(clock, storeBackoffMs(failures, random()), ended);
      for (let claim = this.#kept[0]; claim !== undefined && !ended.aborted; claim = this.#kept[0]) {
        if (!this.#isOver(claim) && !(await this.#release(claim))) break;
        this.#kept.shift();
        failures = 0;
      }
    }
    this.#releasing = false;
  }

  #isOver({ sentAtMs }: UnansweredClaim): boolean {
    const { clock, timings } = this.#parts;
    return clock.nowMs() - sentAtMs >= timings.leaseMs;
  }

  /** @returns false when Postgres did not answer. */
  async #release({ ref, owner }: UnansweredClaim): Promise<boolean> {
    const { records, counts, log } = this.#parts;
    try {
      crashPoint("hand-back.before-commit");
      const record = await records.releaseClaim(ref, owner);
      if (record === null) return true;
      crashPoint("hand-back.after-commit");
      counts.handedBack += 1;
      log.info({ job: refKey(ref) }, "claim whose answer was lost handed back");
      await applyCommitted({ record, resultKeyText: null }, this.#parts);
      crashPoint("hand-back.after-write");
      return true;
    } catch (error) {
      log.warn({ ...faultFields(error), job: refKey(ref) }, "unanswered claim not handed back; will retry");
      return false;
    }
  }
}

import {
  crashPoint,
  faultFields,
  refKey,
  type Clock,
  type LeaseOf,
  type Renewal,
  type Timings,
  type WorkerRecords,
} from "@statusplane/core";
import type { Log } from "../log.ts";

/** After a renewal without an answer the next one comes after this share of the lease. */
const RETRY_SHARE_OF_LEASE = 30;

/** Who holds a lease, and what it wants to hear about it. */
export interface LeaseHolder extends LeaseOf {
  /** What the next renewal is to say. */
  renewal(): Renewal;
  /** The row has taken what this renewal said. */
  onRenewed(renewal: Renewal): void;
  onLeaseLost(): void;
  onCancelRequested(): void;
}

export interface LeaseKeeperOptions {
  readonly records: Pick<WorkerRecords, "renew">;
  readonly timings: Pick<Timings, "leaseMs" | "renewEveryMs">;
  readonly clock: Clock;
  readonly log: Log;
}

interface HeldLease {
  readonly holder: LeaseHolder;
  overAtMs: number;
  cancelTimer: () => void;
}

/**
 * Renews all leases of this process by one statement per `renewEveryMs`, none while there are none. A lease counts
 * from the moment its statement was sent, so it is over here before it is over in the database. It is lost when a
 * renewal does not name it, or when its own time passes without an answer.
 */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #held = new Map<LeaseHolder, HeldLease>();
  #cancelTimer: (() => void) | null = null;
  #renewing = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** @param sentAtMs monotonic ms at which the claim was sent. */
  hold(holder: LeaseHolder, sentAtMs: number): void {
    const lease: HeldLease = { holder, overAtMs: 0, cancelTimer: () => undefined };
    this.#held.set(holder, lease);
    this.#extend(lease, sentAtMs);
    if (this.#cancelTimer === null && !this.#renewing) this.#scheduleIn(this.#options.timings.renewEveryMs);
  }

  /** The attempt has ended: its lease is no longer renewed, and nothing more is said about it. */
  release(holder: LeaseHolder): void {
    this.#held.get(holder)?.cancelTimer();
    this.#held.delete(holder);
    if (this.#held.size === 0) {
      this.#cancelTimer?.();
      this.#cancelTimer = null;
    }
  }

  /** Whether the lease holds by the monotonic clock. */
  holds(holder: LeaseHolder): boolean {
    const lease = this.#held.get(holder);
    return lease !== undefined && this.#options.clock.nowMs() < lease.overAtMs;
  }

  #scheduleIn(delayMs: number): void {
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      this.#cancelTimer = null;
      void this.#renewAll();
    });
  }

  /** Never rejects. */
  async #renewAll(): Promise<void> {
    const { records, timings, clock, log } = this.#options;
    const asked = [...this.#held.values()].map((lease) => ({ lease, renewal: lease.holder.renewal() }));
    if (asked.length === 0) return;
    const sentAtMs = clock.nowMs();
    let nextInMs = timings.renewEveryMs;
    this.#renewing = true;
    crashPoint("renew.before-commit");
    try {
      const answer = await records.renew(
        asked.map(({ renewal }) => renewal),
        timings.leaseMs,
      );
      crashPoint("renew.after-commit");
      this.#applyRenewal(asked, answer, sentAtMs);
    } catch (error) {
      nextInMs = Math.min(timings.renewEveryMs, timings.leaseMs / RETRY_SHARE_OF_LEASE);
      log.warn({ ...faultFields(error), leases: asked.length }, "leases not renewed; will retry");
    } finally {
      this.#renewing = false;
      if (this.#held.size > 0) this.#scheduleIn(nextInMs);
    }
  }

  #applyRenewal(
    asked: readonly { readonly lease: HeldLease; readonly renewal: Renewal }[],
    answer: Awaited<ReturnType<WorkerRecords["renew"]>>,
    sentAtMs: number,
  ): void {
    const renewed = new Map(answer.map((lease) => [leaseKey(lease), lease]));
    for (const { lease, renewal } of asked) {
      if (!this.#held.has(lease.holder)) continue; // ended while the statement was under way
      const found = renewed.get(leaseKey(lease.holder));
      if (found === undefined) {
        this.#lose(lease);
        continue;
      }
      this.#extend(lease, sentAtMs);
      lease.holder.onRenewed(renewal);
      if (found.cancelRequested) lease.holder.onCancelRequested();
    }
  }

  #extend(lease: HeldLease, sentAtMs: number): void {
    const { clock, timings } = this.#options;
    lease.cancelTimer();
    lease.overAtMs = sentAtMs + timings.leaseMs;
    lease.cancelTimer = clock.after(Math.max(0, lease.overAtMs - clock.nowMs()), () => this.#lose(lease));
  }

  #lose(lease: HeldLease): void {
    this.release(lease.holder);
    lease.holder.onLeaseLost();
  }
}

function leaseKey({ ref, attempt }: LeaseOf): string {
  return `${refKey(ref)}.${attempt}`;
}

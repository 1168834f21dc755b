import { pause, type Clock, type Delivery, type DeliveryOutcome } from "@statusplane/core";

/** Below so many places each is needed: a tenant alone would lose too much of them. */
const SHARED_FROM_PLACES = 3;
/** A delivery above its tenant's share waits so long for one of the tenant's own places, ms: work of others behind it waits too. */
const HOLD_MS = 250;
/** After that it goes back for so long, ms, and the next delivery is looked at. */
const GIVE_BACK_MS = 1_000;

export interface TenantShareOptions {
  /** Jobs at once of one job type in this process, from 1. */
  readonly places: number;
  readonly handle: (delivery: Delivery) => Promise<DeliveryOutcome>;
  readonly clock: Clock;
  /** Aborted when nothing more is begun. */
  readonly ended: AbortSignal;
}

/**
 * One tenant's work never takes all places of a job type: of three or more it gets all but one, so that four files that
 * take as long as they may keep nobody else waiting. Where a tenant has more to do, its next delivery waits a moment
 * for one of its own places, and then goes back to the queue for a second.
 */
export class TenantShare {
  readonly #options: TenantShareOptions;
  readonly #most: number;
  readonly #held = new Map<string, number>();
  /** Of tenants at their share: called when one of their places is free. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(options: TenantShareOptions) {
    this.#options = options;
    this.#most = options.places < SHARED_FROM_PLACES ? options.places : options.places - 1;
  }

  /** Handles the delivery in a place of its tenant's share, or gives it back. */
  async handle(delivery: Delivery): Promise<DeliveryOutcome> {
    const { tenant } = delivery.ref;
    if (!this.#take(tenant)) {
      await this.#untilFree(tenant);
      if (!this.#take(tenant))
        return { outcome: "give-back", delayMs: this.#options.ended.aborted ? 0 : GIVE_BACK_MS };
    }
    try {
      return await this.#options.handle(delivery);
    } finally {
      this.#release(tenant);
    }
  }

  #take(tenant: string): boolean {
    const held = this.#held.get(tenant) ?? 0;
    if (held >= this.#most) return false;
    this.#held.set(tenant, held + 1);
    return true;
  }

  #release(tenant: string): void {
    const held = (this.#held.get(tenant) ?? 0) - 1;
    if (held > 0) this.#held.set(tenant, held);
    else this.#held.delete(tenant);
    for (const goOn of this.#waiting.get(tenant) ?? []) goOn();
  }

  /** Until a place of the tenant's is free, for `HOLD_MS` at most, or until nothing more is begun. */
  async #untilFree(tenant: string): Promise<void> {
    const { clock, ended } = this.#options;
    const free = new AbortController();
    const goOn = (): void => free.abort();
    const waiting = this.#waiting.get(tenant) ?? new Set();
    this.#waiting.set(tenant, waiting.add(goOn));
    ended.addEventListener("abort", goOn, { once: true });
    if (ended.aborted) goOn();
    await pause(clock, HOLD_MS, free.signal);
    ended.removeEventListener("abort", goOn);
    waiting.delete(goOn);
    if (waiting.size === 0) this.#waiting.delete(tenant);
  }
}

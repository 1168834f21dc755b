import type { Clock, Installation, Timings } from "@statusplane/core";

export interface ElectionOptions {
  readonly owner: string;
  readonly installation: Pick<Installation, "beat" | "readBeat">;
  readonly timings: Pick<Timings, "beatStaleMs" | "standbyAskMs" | "reconcilerLeaseMs">;
  /** There is one process per database: no beat is worth watching. */
  readonly sole: boolean;
  readonly clock: Clock;
}

/**
 * Whether this process asks Postgres for the reconciler's lease row, or watches the leader's beat at no cost.
 *
 * ```
 * standby ─beat stale or missing, or Redis away for standbyAskMs─▶ asks ─the row says so─▶ leading
 *    ▲───────────────────────────── the row says no ◀──────────────┴──────────────────────────┘
 * ```
 */
export class Election {
  readonly #options: ElectionOptions;
  #leading = false;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /** Whether the lease row said so, within its term. */
  get leading(): boolean {
    const { clock, timings } = this.#options;
    return this.#leading && clock.nowMs() - this.#askedAtMs < timings.reconcilerLeaseMs;
  }

  /** @param storeAnswers whether the store answered just now. */
  async shouldAsk(storeAnswers: boolean): Promise<boolean> {
    const { owner, installation, timings, clock, sole } = this.#options;
    if (this.leading || sole) return true;
    if (storeAnswers) {
      try {
        const beat = await installation.readBeat();
        return beat === null || beat.owner === owner || beat.ageMs >= timings.beatStaleMs;
      } catch {
        // it went away since the ping: as if it had not answered
      }
    }
    return clock.nowMs() - this.#askedAtMs >= timings.standbyAskMs;
  }

  /** What the lease row said. */
  answered(leading: boolean): void {
    this.#leading = leading;
    this.#askedAtMs = this.#options.clock.nowMs();
  }

  /** Tells the standbys; a beat that fails costs them one question each. */
  async beat(): Promise<void> {
    await this.#options.installation.beat(this.#options.owner).catch(() => undefined); // they ask the row instead
  }
}

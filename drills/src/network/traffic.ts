/** What a proxy does with connections and bytes until it is told otherwise. */
export type Traffic =
  | { readonly kind: "pass" }
  | { readonly kind: "refuse" }
  | { readonly kind: "black-hole" }
  | { readonly kind: "drop-replies"; readonly since: string | null }
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "slow"; readonly bytesPerSecond: number };

/** The one place where a proxy's traffic is decided; whoever waits because of it is woken when it changes. */
export class TrafficControl {
  #traffic: Traffic = { kind: "pass" };
  #resetsNextReply = false;
  #struck = 0;
  readonly #waiting = new Set<() => void>();

  get traffic(): Traffic {
    return this.#traffic;
  }

  /** Connections and replies that a fault has met so far. */
  get struck(): number {
    return this.#struck;
  }

  strike(): void {
    this.#struck++;
  }

  become(traffic: Traffic): void {
    this.#traffic = traffic;
    this.#resetsNextReply = false;
    for (const wake of [...this.#waiting]) wake();
  }

  armReset(): void {
    this.#resetsNextReply = true;
  }

  /** True for the first reply that asks after {@link armReset}. */
  takeReset(): boolean {
    const taken = this.#resetsNextReply;
    this.#resetsNextReply = false;
    return taken;
  }

  /** Resolves at the next change, or after so many ms. */
  change(withinMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = withinMs === undefined ? undefined : setTimeout(wake, withinMs);
      this.#waiting.add(wake);
    });
  }
}

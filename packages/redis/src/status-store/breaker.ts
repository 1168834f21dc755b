/** So many failures in a row open it: one slow answer, or one turn's calls on a broken connection, should not. */
const FAILURES_TO_OPEN = 5;
const FIRST_PROBE_MS = 50;
const LAST_PROBE_MS = 500;

export interface BreakerOptions {
  /** Asks Redis for a sign of life; resolves when it answers. */
  readonly probe: () => Promise<unknown>;
  /** Told when it opens and when it closes. */
  readonly onChange: (state: "open" | "closed", cause: unknown) => void;
}

/**
 * Keeps calls away from a Redis that does not answer.
 *
 * ```
 * closed ── 5 failures in a row ──▶ open ── its timer, or a new connection ──▶ probing
 *    ▲                               ▲                                           │
 *    └───────────── answered ────────┼───────────────────────────────────────────┤
 *                                    └───────────────── failed ──────────────────┘
 * ```
 *
 * Open and probing let no call through: each fails at once. Probes come after 50 ms, then ever later, up to 500 ms.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  #state: "closed" | "open" | "probing" = "closed";
  #failures = 0;
  #probeMs = FIRST_PROBE_MS;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get letsThrough(): boolean {
    return this.#state === "closed";
  }

  /** A call was answered. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** A call was not answered. */
  failed(cause: unknown): void {
    if (this.#state !== "closed" || ++this.#failures < FAILURES_TO_OPEN) return;
    this.#probeMs = FIRST_PROBE_MS;
    this.#become("open", cause);
  }

  /** A reason to look at once, such as a new connection. */
  probeNow(): void {
    if (this.#state === "open") this.#become("probing");
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #become(state: "closed" | "open" | "probing", cause?: unknown): void {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    const before = this.#state;
    this.#state = state;
    if (state === "open") {
      this.#timer = setTimeout(() => this.#become("probing"), this.#probeMs);
      this.#timer.unref();
      this.#probeMs = Math.min(LAST_PROBE_MS, this.#probeMs * 2);
    } else if (state === "probing") {
      this.#options.probe().then(
        () => this.#become("closed"),
        (error: unknown) => this.#become("open", error),
      );
    } else {
      this.#failures = 0;
    }
    if (state === "closed" || before === "closed")
      this.#options.onChange(state === "closed" ? "closed" : "open", cause);
  }
}

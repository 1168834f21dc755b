import type { Playback } from "@statusplane/client";

/** A signature that ends within this span is renewed before it is used. */
const RENEW_BEFORE_MS = 60_000;
/** A renewal that did not help is not repeated at once: the fault is another one. */
const RENEW_APART_MS = 10_000;

export interface PlaybackSourceOptions {
  /** Asks the playback endpoint. */
  readonly ask: () => Promise<Playback>;
  /** Unix ms. */
  readonly now: () => number;
}

/** A video's signed address, and when to ask for another. One question is under way at a time. */
export class PlaybackSource {
  readonly #options: PlaybackSourceOptions;
  #asking: Promise<Playback> | null = null;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #expiresAtMs = Number.POSITIVE_INFINITY;

  constructor(options: PlaybackSourceOptions) {
    this.#options = options;
  }

  /** A fresh address. @throws {not_playable} and whatever else the server refuses with. */
  ask(): Promise<Playback> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** Whether play or seek must ask again first: the signature is over, or will be within a minute. */
  get endsSoon(): boolean {
    return this.#expiresAtMs - this.#options.now() < RENEW_BEFORE_MS && this.#canRenew;
  }

  /** Whether an error may be the signature's, so that asking again may help. */
  get mayHelpToRenew(): boolean {
    return this.#canRenew;
  }

  get isAsking(): boolean {
    return this.#asking !== null;
  }

  get #canRenew(): boolean {
    return this.#asking === null && this.#options.now() - this.#askedAtMs > RENEW_APART_MS;
  }

  async #ask(): Promise<Playback> {
    this.#askedAtMs = this.#options.now();
    const playback = await this.#options.ask();
    const expiresAtMs = Date.parse(playback.expiresAt);
    this.#expiresAtMs = Number.isNaN(expiresAtMs) ? Number.POSITIVE_INFINITY : expiresAtMs;
    return playback;
  }
}

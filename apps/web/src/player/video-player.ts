import type { Playback } from "@statusplane/client";
import { AUTO, type Engine, type EngineEvents, type Quality } from "./engine.ts";
import { PlaybackSource } from "./playback-source.ts";

export interface VideoPlayerOptions {
  readonly video: HTMLVideoElement;
  /** Where to begin, in seconds; asked once, when the first address is there. */
  readonly startSeconds: () => number;
  readonly ask: () => Promise<Playback>;
  /** Unix ms. */
  readonly now: () => number;
  /** Null: this browser cannot play HLS at all. */
  readonly openEngine: (video: HTMLVideoElement, events: EngineEvents) => Engine | null;
  readonly onChange: (state: PlayerState) => void;
}

/**
 * preparing ──▶ playing ──the signature ends──▶ (asked again, goes on where it was)
 *     └────────────┴──▶ unsupported | failed ──again──▶ preparing
 */
export type PlayerState =
  | { readonly phase: "preparing" | "unsupported" }
  | { readonly phase: "playing"; readonly qualities: readonly Quality[] }
  /** Without an error: the video itself could not be played. */
  | { readonly phase: "failed"; readonly error: unknown };

/** Plays one video, asks for another signature when the old one ends, and goes on where it was. */
export class VideoPlayer {
  readonly #options: VideoPlayerOptions;
  readonly #source: PlaybackSource;
  readonly #engine: Engine | null;
  #quality = AUTO;
  #qualities: readonly Quality[] = [];
  #hasBegun = false;
  #isClosed = false;

  constructor(options: VideoPlayerOptions) {
    this.#options = options;
    this.#source = new PlaybackSource({ ask: options.ask, now: options.now });
    this.#engine = options.openEngine(options.video, {
      onQualities: (qualities) => {
        this.#qualities = qualities;
        if (this.#quality !== AUTO) this.#engine?.choose(this.#quality);
        this.#show({ phase: "playing", qualities });
      },
      onRefused: () => this.#recover(),
      onBroken: () => this.#show({ phase: "failed", error: null }),
    });
    options.video.addEventListener("play", this.#beforeUse);
    options.video.addEventListener("seeking", this.#beforeUse);
    options.video.addEventListener("loadedmetadata", this.#loaded);
  }

  /** Begins, or begins again after a failure. */
  start(): void {
    if (this.#engine === null) this.#show({ phase: "unsupported" });
    else void this.#load({ shouldPlay: true });
  }

  /** @param index of a quality, or `AUTO`. */
  choose(index: number): void {
    this.#quality = index;
    this.#engine?.choose(index);
  }

  close(): void {
    this.#isClosed = true;
    const { video } = this.#options;
    video.removeEventListener("play", this.#beforeUse);
    video.removeEventListener("seeking", this.#beforeUse);
    video.removeEventListener("loadedmetadata", this.#loaded);
    this.#engine?.close();
  }

  readonly #beforeUse = (): void => {
    if (this.#source.endsSoon) void this.#load({ shouldPlay: !this.#options.video.paused });
  };

  readonly #loaded = (): void => this.#show({ phase: "playing", qualities: this.#qualities });

  #recover(): void {
    if (this.#source.isAsking) return;
    if (this.#source.mayHelpToRenew) void this.#load({ shouldPlay: !this.#options.video.paused });
    else this.#show({ phase: "failed", error: null });
  }

  async #load({ shouldPlay }: { readonly shouldPlay: boolean }): Promise<void> {
    const { video } = this.#options;
    try {
      const playback = await this.#source.ask();
      if (this.#isClosed) return;
      if (playback.posterUrl !== null) video.poster = playback.posterUrl;
      const atSeconds = this.#hasBegun ? video.currentTime : this.#options.startSeconds();
      this.#hasBegun = true;
      this.#engine?.load({ url: playback.url, atSeconds, shouldPlay });
    } catch (error) {
      this.#show({ phase: "failed", error });
    }
  }

  /** The one function that tells a change; nothing after the close. */
  #show(state: PlayerState): void {
    if (!this.#isClosed) this.#options.onChange(state);
  }
}

/** A quality to choose from. */
export interface Quality {
  readonly index: number;
  /** 720p. */
  readonly name: string;
}

/** By what the browser's adaptive choice is meant. */
export const AUTO = -1;

export interface EngineEvents {
  /** The qualities of the loaded video, best first; none where the engine chooses by itself. */
  readonly onQualities: (qualities: readonly Quality[]) => void;
  /** Loading was refused in a way that another signature may mend. */
  readonly onRefused: () => void;
  /** Nothing more can be done. */
  readonly onBroken: () => void;
}

export interface LoadOptions {
  readonly url: string;
  /** Where to begin, in seconds. */
  readonly atSeconds: number;
  readonly shouldPlay: boolean;
}

/** What turns a playlist's address into pictures in a `<video>`. */
export interface Engine {
  load(options: LoadOptions): void;
  /** @param index of {@link Quality}, or {@link AUTO}. */
  choose(index: number): void;
  close(): void;
}

/** Plays on; a browser that wants a click first shows its own button. */
export function playOn(video: HTMLVideoElement): void {
  video.play().catch(() => undefined); // refused without a click, or overtaken by another load: the controls are there
}

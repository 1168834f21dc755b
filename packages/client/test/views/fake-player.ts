import type { MediaMoment } from "../../src/views/recorder.ts";

const TIMEUPDATE_MS = 250;

interface FakePlayerOptions {
  readonly lengthSeconds: number;
  /** Is told every moment that a media element would tell. */
  readonly onMoment: (moment: MediaMoment) => void;
}

/** A media element and its clock, moved by hand; knows what it really played. */
export class FakePlayer {
  readonly #options: FakePlayerOptions;
  /** What was really played: each a piece of the video, seconds. */
  readonly played: (readonly [from: number, to: number])[] = [];
  atMs = 5_000;
  position = 0;
  rate = 1;
  isPaused = true;
  isStalled = false;
  isMuted = false;
  isHidden = false;
  isLooping = false;

  constructor(options: FakePlayerOptions) {
    this.#options = options;
    this.tell();
  }

  /** Whether the position goes on with the clock. */
  get #isRunning(): boolean {
    return !this.isPaused && !this.isStalled && this.position < this.#options.lengthSeconds;
  }

  /** An event, of which the state of now is read. */
  tell(isSeek = false): void {
    const { atMs, position: positionSeconds, rate, isMuted, isHidden, isStalled } = this;
    const { lengthSeconds, onMoment } = this.#options;
    const isRunning = !this.isPaused && this.position < lengthSeconds;
    onMoment({ atMs, positionSeconds, rate, isMuted, isHidden, isStalled, lengthSeconds, isRunning, isSeek });
  }

  play(): void {
    if (this.position >= this.#options.lengthSeconds) this.seek(0);
    this.isPaused = false;
    this.tell();
  }

  pause(): void {
    this.isPaused = true;
    this.tell();
  }

  seek(toSeconds: number): void {
    this.position = Math.min(this.#options.lengthSeconds, Math.max(0, toSeconds));
    this.tell(true);
    this.tell();
  }

  set(change: Partial<Pick<FakePlayer, "rate" | "isStalled" | "isMuted" | "isHidden" | "isLooping">>): void {
    Object.assign(this, change);
    this.tell();
  }

  /** Time goes by; a quarter of a second at a time an event tells how far it is. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= TIMEUPDATE_MS) this.#advance(Math.min(left, TIMEUPDATE_MS));
  }

  /** The machine sleeps: clocks go on, the player does not. */
  sleep(ms: number): void {
    this.atMs += ms;
  }

  #advance(ms: number): void {
    const wasRunning = this.#isRunning;
    this.atMs += ms;
    if (!wasRunning) return;
    const from = this.position;
    const to = Math.min(this.#options.lengthSeconds, from + (ms / 1_000) * this.rate);
    this.played.push([from, to]);
    this.position = to;
    if (to < this.#options.lengthSeconds) return ms === TIMEUPDATE_MS ? this.tell() : undefined;
    this.tell();
    if (this.isLooping) this.seek(0);
    else this.isPaused = true;
  }
}

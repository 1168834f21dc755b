import type { FakeEnvironment } from "../fake-environment.ts";

const TIMEUPDATE_MS = 250;

/** What the reporter needs of a `<video>`, played by the test's clock. */
export class FakeMedia extends EventTarget {
  readonly #environment: FakeEnvironment;
  currentTime = 0;
  playbackRate = 1;
  duration = 3_600;
  paused = true;
  muted = false;
  volume = 1;
  seeking = false;
  readyState = 4;

  constructor(environment: FakeEnvironment) {
    super();
    this.#environment = environment;
  }

  get ended(): boolean {
    return this.currentTime >= this.duration;
  }

  /** As the DOM has it. */
  get element(): HTMLMediaElement {
    return this as unknown as HTMLMediaElement;
  }

  fire(event: string): void {
    this.dispatchEvent(new Event(event));
  }

  play(): void {
    this.paused = false;
    this.fire("play");
    this.fire("playing");
  }

  pause(): void {
    this.paused = true;
    this.fire("pause");
  }

  seek(toSeconds: number): void {
    this.currentTime = toSeconds;
    this.fire("seeking");
    this.fire("seeked");
  }

  /** Time goes by, for everybody; while it plays, it plays on. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= TIMEUPDATE_MS) {
      const stepMs = Math.min(left, TIMEUPDATE_MS);
      if (!this.paused) this.currentTime += (stepMs / 1_000) * this.playbackRate;
      await this.#environment.advance(stepMs);
      this.fire("timeupdate");
    }
  }
}

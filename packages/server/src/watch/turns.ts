/**
 * Lets so many of those who wait go on in one turn of the event loop: what came meanwhile goes first, so that thousands who
 * come at once, as after a restart, are in nobody's way.
 */
export class Turns {
  readonly #atOnce: number;
  #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(() => this.#letGo());
    });
  }

  #letGo(): void {
    const [now, later] = [this.#waiting.slice(0, this.#atOnce), this.#waiting.slice(this.#atOnce)];
    this.#waiting = later;
    for (const goOn of now) goOn();
    if (later.length > 0) setImmediate(() => this.#letGo());
  }
}

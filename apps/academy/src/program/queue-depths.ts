import type { JobQueue } from "@statusplane/core";

const LOOK_EVERY_MS = 10_000;

/** Waiting deliveries by job type, looked at every 10 s so that `/metrics` answers from memory. */
export class QueueDepths {
  readonly #queue: Pick<JobQueue, "depth">;
  readonly #jobTypes: readonly string[];
  readonly #timer: NodeJS.Timeout;
  #depths: ReadonlyMap<string, number> = new Map();

  constructor(queue: Pick<JobQueue, "depth">, jobTypes: readonly string[]) {
    this.#queue = queue;
    this.#jobTypes = jobTypes;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  read(): ReadonlyMap<string, number> {
    return this.#depths;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      this.#depths = await this.#queue.depth(this.#jobTypes);
    } catch {
      // the queue does not answer: the last figures stay, and the queue's own log line says so
    }
  }
}

import type { JobQueue } from "@statusplane/core";

const LOOK_EVERY_MS = 10_000;
/** After a look without an answer, as the first one of a busy start may be. */
const LOOK_AGAIN_MS = 1_000;

/** Waiting deliveries by job type, looked at once and then every 10 s so that `/metrics` answers from memory. */
export class QueueDepths {
  readonly #queue: Pick<JobQueue, "depth">;
  readonly #jobTypes: readonly string[];
  #timer: NodeJS.Timeout | undefined;
  #depths: ReadonlyMap<string, number> = new Map();
  #stopped = false;

  constructor(queue: Pick<JobQueue, "depth">, jobTypes: readonly string[]) {
    this.#queue = queue;
    this.#jobTypes = jobTypes;
    void this.#look();
  }

  read(): ReadonlyMap<string, number> {
    return this.#depths;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    let nextInMs = LOOK_EVERY_MS;
    try {
      this.#depths = await this.#queue.depth(this.#jobTypes);
    } catch {
      nextInMs = LOOK_AGAIN_MS; // the last figures stay, and the queue's own log line says that it does not answer
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#look(), nextInMs);
    this.#timer.unref();
  }
}

import { ClientError } from "./client-error.ts";
import type { DetailSource } from "./detail-source.ts";
import type { Sender } from "./sender.ts";
import { ASK_SPREAD_MS } from "./asking-state.ts";
import { watchKey, type WatchedJob } from "./watched-job.ts";

/**
 * The one detail request that a page may make after a completion: at most once per job, attempt and tab, after a
 * random 0–2 s, so that a thousand watchers of one job do not ask in one tick. Counted apart from the asks after a
 * miss. What was asked is kept as long as the client: a later caller gets the same answer.
 */
export class OnceAsked {
  readonly #sender: Sender;
  readonly #source: DetailSource;
  readonly #asked = new Map<string, Promise<unknown>>();
  readonly #ends = new Set<() => void>();

  constructor(sender: Sender, source: DetailSource) {
    this.#sender = sender;
    this.#source = source;
  }

  /**
   * The record; null when there is none or the one request had no answer (the terminal snapshot is complete without).
   * @throws {ClientError} `client_closed`
   */
  ask(job: WatchedJob): Promise<unknown> {
    const key = attemptKey(job);
    const asked = this.#asked.get(key) ?? this.#ask(job);
    this.#asked.set(key, asked);
    return asked;
  }

  /** The ended attempt's record is known already: nobody has to ask it. */
  remember(job: WatchedJob, record: unknown): void {
    const key = attemptKey(job);
    if (!this.#asked.has(key)) this.#asked.set(key, Promise.resolve(record));
  }

  /** After the sender: what still waits then asks at once and is refused. */
  close(): void {
    for (const end of this.#ends) end();
  }

  async #ask(job: WatchedJob): Promise<unknown> {
    const { environment } = this.#sender;
    const spreadMs = ASK_SPREAD_MS * environment.random();
    await new Promise<void>((resolve) => {
      const end = () => {
        this.#ends.delete(end);
        cancel();
        resolve();
      };
      const cancel = environment.setTimer(end, spreadMs);
      this.#ends.add(end);
    });
    try {
      return await this.#source.ask(job);
    } catch (error) {
      if (error instanceof ClientError && error.code === "client_closed") throw error;
      return null; // at most once: no answer is null, not another try
    }
  }
}

function attemptKey({ ref, attempt }: WatchedJob): string {
  return `${watchKey(ref)}:${attempt}`;
}

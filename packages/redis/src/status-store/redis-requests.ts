import { faultFields, StatusplaneError } from "@statusplane/core";
import type { StatusStoreSettings } from "@statusplane/core/status-store";
import { Breaker } from "./breaker.ts";
import { withDeadline } from "./deadline.ts";
import { closeClient, type RedisClient } from "../connections/redis-connector.ts";
import { isDataError, storeError } from "./store-error.ts";

/**
 * A connection for calls that somebody waits for: each has the deadline `timings.requestDeadlineMs`, and a breaker
 * makes them fail at once while Redis does not answer.
 */
export class RedisRequests<C extends RedisClient = RedisClient> {
  readonly #client: C;
  readonly #settings: StatusStoreSettings;
  readonly #breaker: Breaker;

  constructor(client: C, settings: StatusStoreSettings) {
    this.#client = client;
    this.#settings = settings;
    this.#breaker = new Breaker({
      probe: () => withDeadline(client.ping(), settings.timings.requestDeadlineMs),
      onChange: (state, cause) => {
        if (state === "open")
          settings.log.warn(faultFields(cause), "Redis does not answer: calls fail at once");
        else settings.log.info({}, "Redis answers again");
      },
    });
    client.on("ready", () => this.#breaker.probeNow());
  }

  /** @throws {store_unavailable} when Redis does not answer in time; error replies about the data as they are. */
  async call<T>(send: (client: C) => Promise<T>): Promise<T> {
    const [answer] = this.each((client) => [send(client)]);
    return answer as Promise<T>; // one for one
  }

  /**
   * Several calls that may go to several nodes, each with an answer of its own: a silent node takes none of the others
   * along.
   * @throws {store_unavailable} at once when Redis does not answer these days; else each answer rejects as `call` does.
   */
  each<T>(send: (client: C) => readonly Promise<T>[]): readonly Promise<T>[] {
    const { timings, random } = this.#settings;
    if (!this.#breaker.letsThrough) {
      throw new StatusplaneError("store_unavailable", { retryAfterSeconds: 1 + Math.floor(random() * 3) });
    }
    const answers = send(this.#client).map((answer) => withDeadline(answer, timings.requestDeadlineMs));
    void this.#judge(answers);
    return answers.map((answer) =>
      answer.catch((error: unknown) => {
        throw storeError(error, random);
      }),
    );
  }

  /** One answer among them says that Redis is there. */
  async #judge(answers: readonly Promise<unknown>[]): Promise<void> {
    const outcomes = await Promise.allSettled(answers);
    const failures = outcomes.filter(
      (outcome) => outcome.status === "rejected" && !isDataError(outcome.reason),
    );
    if (failures.length < outcomes.length) this.#breaker.succeeded();
    else if (failures[0]?.status === "rejected") this.#breaker.failed(failures[0].reason);
  }

  close(): void {
    this.#breaker.end();
    closeClient(this.#client);
  }
}

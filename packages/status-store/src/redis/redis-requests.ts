import { StatusplaneError } from "@statusplane/core";
import type { StatusStoreSettings } from "../status-store-options.ts";
import { Breaker } from "./breaker.ts";
import { withDeadline } from "./deadline.ts";
import type { RedisClient } from "./redis-client.ts";
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
        if (state === "open") settings.log.warn({ err: cause }, "Redis does not answer: calls fail at once");
        else settings.log.info({}, "Redis answers again");
      },
    });
    client.on("ready", () => this.#breaker.probeNow());
  }

  /** @throws {store_unavailable} when Redis does not answer in time; error replies about the data as they are. */
  async call<T>(send: (client: C) => Promise<T>): Promise<T> {
    const { timings, random } = this.#settings;
    if (!this.#breaker.letsThrough) {
      throw new StatusplaneError("store_unavailable", { retryAfterSeconds: 1 + Math.floor(random() * 3) });
    }
    try {
      const answer = await withDeadline(send(this.#client), timings.requestDeadlineMs);
      this.#breaker.succeeded();
      return answer;
    } catch (error) {
      if (isDataError(error)) this.#breaker.succeeded();
      else this.#breaker.failed(error);
      throw storeError(error, random);
    }
  }

  close(): void {
    this.#breaker.end();
    this.#client.disconnect();
  }
}

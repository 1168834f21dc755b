import type { RedisAddress } from "@statusplane/core";
import type { StatusStoreLog } from "@statusplane/core/status-store";
import { Redis } from "ioredis";
import type { SlotRange } from "./cluster-slots.ts";
import { ClusterSubscriber } from "./cluster-subscriber.ts";
import {
  createNodeClient,
  createRedisClient,
  createSingleClient,
  type RedisClient,
  type RedisClientOptions,
} from "./redis-client.ts";
import { SentinelWatch } from "./sentinel-watch.ts";
import { SingleSubscriber } from "./single-subscriber.ts";
import type { Subscriber, SubscriberEvents } from "./subscriber.ts";

const SUBSCRIBER = "subscriber";

/** Makes the connections of one store to one server, one Cluster, or the master that sentinels name. */
export class RedisConnections {
  readonly #address: RedisAddress;
  readonly #log: StatusStoreLog;
  readonly #watch: SentinelWatch | null;

  constructor(address: RedisAddress, log: StatusStoreLog) {
    this.#address = address;
    this.#log = log;
    this.#watch =
      address.mode === "sentinel"
        ? new SentinelWatch({ sentinels: address.sentinels, name: address.name, log })
        : null;
  }

  client(options: Omit<RedisClientOptions, "log">): RedisClient {
    const client = createRedisClient(this.#address, { ...options, log: this.#log });
    if (client instanceof Redis) this.#watch?.add(client);
    return client;
  }

  /** @param readSlots asks a Cluster who owns what. */
  subscriber(events: SubscriberEvents, readSlots: () => Promise<readonly SlotRange[]>): Subscriber {
    const [address, log] = [this.#address, this.#log];
    if (address.mode === "cluster") {
      const connect = (node: string): Redis => createNodeClient(address, node, SUBSCRIBER);
      return new ClusterSubscriber({ ...events, connect, readSlots, log });
    }
    const client = createSingleClient(address, { name: SUBSCRIBER, retries: 0, log });
    this.#watch?.add(client);
    return new SingleSubscriber({ ...events, client, log });
  }

  /** Ends the listening to sentinels; each connection is ended by who has it. */
  close(): void {
    this.#watch?.close();
  }
}

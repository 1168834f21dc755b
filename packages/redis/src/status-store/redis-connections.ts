import { faultFields, type RedisAddress } from "@statusplane/core";
import type { StatusStoreLog } from "@statusplane/core/status-store";
import type { ConnectionKindName } from "../connections/connection-kinds.ts";
import type { Ioredis } from "../connections/load-driver.ts";
import { isCluster, RedisConnector, type RedisClient } from "../connections/redis-connector.ts";
import { SentinelWatch } from "../connections/sentinel-watch.ts";
import type { SlotRange } from "./cluster-slots.ts";
import { ClusterSubscriber } from "./cluster-subscriber.ts";
import { SingleSubscriber } from "./single-subscriber.ts";
import type { Subscriber, SubscriberEvents } from "./subscriber.ts";

const SUBSCRIBER = "subscriber";

/** Makes the connections of one store to one server, one Cluster, or the master that sentinels name. */
export class RedisConnections {
  readonly #connector: RedisConnector;
  readonly #isCluster: boolean;
  readonly #log: StatusStoreLog;
  readonly #watch: SentinelWatch | null;

  constructor(ioredis: Ioredis, address: RedisAddress, log: StatusStoreLog) {
    const connector = new RedisConnector(ioredis, address);
    this.#connector = connector;
    this.#isCluster = address.mode === "cluster";
    this.#log = log;
    this.#watch =
      address.mode === "sentinel"
        ? new SentinelWatch({
            sentinels: address.sentinels.map((at) => connector.connectToSentinel(at, { name: "failovers" })),
            name: address.name,
            log,
          })
        : null;
  }

  client(kind: ConnectionKindName, name: string): RedisClient {
    return this.#told(this.#connector.connect(kind, { name }), name);
  }

  /** @param readSlots asks a Cluster who owns what. */
  subscriber(events: SubscriberEvents, readSlots: () => Promise<readonly SlotRange[]>): Subscriber {
    const log = this.#log;
    const name = SUBSCRIBER;
    if (this.#isCluster) {
      const connect = (node: string) => this.#connector.connectToNode("subscriber", node, { name });
      return new ClusterSubscriber({ ...events, connect, readSlots, log });
    }
    const client = this.#told(this.#connector.connectToMaster("subscriber", { name }), name);
    return new SingleSubscriber({ ...events, client, log });
  }

  /** Ends the listening to sentinels; each connection is ended by who has it. */
  close(): void {
    this.#watch?.close();
  }

  #told<C extends RedisClient>(client: C, name: string): C {
    tellOutages(client, name, this.#log);
    if (!isCluster(client)) this.#watch?.add(client);
    return client;
  }
}

/** One line when the connection goes and one when it is back, however many attempts lie between. */
export function tellOutages(client: RedisClient, name: string, log: StatusStoreLog): void {
  let down = false;
  client.on("error", (error: Error) => {
    if (!down) log.warn({ ...faultFields(error), connection: name }, "Redis connection failed");
    down = true;
  });
  client.on("ready", () => {
    if (down) log.info({ connection: name }, "Redis connection is back");
    down = false;
  });
}

import type { HostAndPort, RedisAddress } from "@statusplane/core";
import type { Cluster, Redis, RedisOptions } from "ioredis";
import { CONNECTION_KINDS, type ConnectionKind, type ConnectionKindName } from "./connection-kinds.ts";
import type { Ioredis } from "./load-driver.ts";

export type RedisClient = Redis | Cluster;

/** What ioredis takes for one connection; replies keep their RESP2 shapes. */
type NodeOptions = Omit<RedisOptions, "replyMapping">;

/** A server that is asked who the master is, or is to end a connection, has so long, in ms. */
const ANSWER_TIMEOUT_MS = 500;
const FIRST_RECONNECT_MS = 25;
const LAST_RECONNECT_MS = 500;
/** A sentinel that is gone is looked for again after so long, in ms. */
const SENTINEL_RECONNECT_MS = 1_000;

/** Doubles from 25 ms to 500 ms, less up to half at random, for ever. @param times from 1. */
export function reconnectDelayMs(times: number): number {
  const ms = Math.min(LAST_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** Math.min(times - 1, 10));
  return ms * (0.5 + Math.random() / 2);
}

/** Whether it leads to the nodes of a Cluster. */
export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster;
}

export interface ConnectOptions {
  /** Shown by CLIENT LIST, after `statusplane-`. */
  readonly name: string;
  /** A command without an answer fails after this, ms. Default: never by itself, deadlines are the caller's. */
  readonly commandTimeoutMs?: number;
  /** Each trouble of the connection. Default: nobody hears of it. */
  readonly onError?: (error: Error) => void;
}

/**
 * The one place that makes connections to Redis: to a server, to the master that sentinels name, to a Cluster and its
 * nodes, by TLS or not. They connect by themselves, and again for ever until {@link closeClient}.
 */
export class RedisConnector {
  readonly #ioredis: Ioredis;
  readonly #address: RedisAddress;

  constructor(ioredis: Ioredis, address: RedisAddress) {
    this.#ioredis = ioredis;
    this.#address = address;
  }

  /** To wherever the address leads. */
  connect(kind: ConnectionKindName, options: ConnectOptions): RedisClient {
    return this.#address.mode === "cluster" ? this.#toCluster(kind, options) : this.#toMaster(kind, options);
  }

  /** The same where the address is not a Cluster's. @throws {TypeError} where it is. */
  connectToMaster(kind: ConnectionKindName, options: ConnectOptions): Redis {
    if (this.#address.mode === "cluster") throw new TypeError("a Cluster has several masters");
    return this.#toMaster(kind, options);
  }

  /** To one node (`host:port`) of a Cluster: it waits for `connect()`, its end is its end, its owner hears errors. */
  connectToNode(kind: ConnectionKindName, node: string, { name }: Pick<ConnectOptions, "name">): Redis {
    const colon = node.lastIndexOf(":");
    return new this.#ioredis.Redis({
      ...this.#common(CONNECTION_KINDS[kind], { name }),
      host: node.slice(0, colon),
      port: Number(node.slice(colon + 1)),
      lazyConnect: true,
      enableReadyCheck: false,
      enableOfflineQueue: false,
      retryStrategy: null,
    });
  }

  /** To a sentinel itself. What it is asked waits until it is there. */
  connectToSentinel({ host, port }: HostAndPort, { name }: Pick<ConnectOptions, "name">): Redis {
    const sentinel = new this.#ioredis.Redis({
      host,
      port,
      connectionName: `statusplane-${name}`,
      enableReadyCheck: false,
      retryStrategy: () => SENTINEL_RECONNECT_MS,
      maxRetriesPerRequest: null,
    });
    sentinel.on("error", () => undefined); // the other sentinels are heard meanwhile
    return sentinel;
  }

  #common(kind: ConnectionKind, { name, commandTimeoutMs }: ConnectOptions): NodeOptions {
    return {
      ...this.#address.access,
      connectionName: `statusplane-${name}`,
      connectTimeout: kind.connectTimeoutMs,
      disconnectTimeout: ANSWER_TIMEOUT_MS,
      socketTimeout: kind.deadPeerMs,
      maxRetriesPerRequest: kind.resends,
      autoResendUnfulfilledCommands: kind.resends !== 0,
      autoResubscribe: false,
      ...(commandTimeoutMs === undefined ? {} : { commandTimeout: commandTimeoutMs }),
    };
  }

  #toMaster(kindName: ConnectionKindName, options: ConnectOptions): Redis {
    const kind = CONNECTION_KINDS[kindName];
    const address = this.#address as Exclude<RedisAddress, { readonly mode: "cluster" }>; // `connect` has looked
    const retry = (times: number): number | null => (closed.has(client) ? null : reconnectDelayMs(times));
    const client: Redis = new this.#ioredis.Redis({
      ...this.#common(kind, options),
      ...(address.mode === "single"
        ? { host: address.host, port: address.port, db: address.db }
        : { sentinels: [...address.sentinels], name: address.name }),
      enableOfflineQueue: kind.waitsForConnection,
      retryStrategy: retry,
      sentinelRetryStrategy: retry,
      // a sentinel that hangs is passed over
      sentinelCommandTimeout: ANSWER_TIMEOUT_MS,
      // a demoted master keeps its connections: leave it, ask for the new one, and send again (2) what may be
      reconnectOnError: (error: Error) =>
        error.message.startsWith("READONLY") && (kind.resends === 0 ? 1 : 2),
    });
    client.on("error", options.onError ?? (() => undefined));
    // ioredis gives up where it is told to connect anew while it asks sentinels for the master
    client.on("end", () => {
      if (!closed.has(client)) setTimeout(() => void beginAnew(client), LAST_RECONNECT_MS).unref();
    });
    return client;
  }

  #toCluster(kindName: ConnectionKindName, options: ConnectOptions): Cluster {
    const kind = CONNECTION_KINDS[kindName];
    const { nodes } = this.#address as Extract<RedisAddress, { readonly mode: "cluster" }>; // `connect` has looked
    const client: Cluster = new this.#ioredis.Cluster(
      nodes.map(({ host, port }) => ({ host, port })),
      {
        enableOfflineQueue: kind.waitsForConnection,
        clusterRetryStrategy: (times) => (closed.has(client) ? null : reconnectDelayMs(times)),
        maxRedirections: kind.maxRedirections,
        slotsRefreshTimeout: ANSWER_TIMEOUT_MS,
        redisOptions: this.#common(kind, options),
      },
    );
    client.on("error", options.onError ?? (() => undefined));
    return client;
  }
}

async function beginAnew(client: Redis): Promise<void> {
  if (!closed.has(client)) await client.connect().catch(() => undefined); // its events tell the same
}

/** Those whose end is wanted. */
const closed = new WeakSet<RedisClient>();

/** Ends a client for good. */
export function closeClient(client: RedisClient): void {
  closed.add(client);
  client.disconnect();
}

/** Leaves a client its connection, but lets it look for no other; one that is looking ends at its next attempt. */
export function keepFromReconnecting(client: RedisClient): void {
  closed.add(client);
}

/** Resolves when the client is connected, has failed to connect once, or after `withinMs`; in Cluster to each master. */
export async function whenReady(client: RedisClient, withinMs: number): Promise<void> {
  await readyOrClosed(client, withinMs);
  if (!isCluster(client)) return;
  const masters = client.nodes("master");
  for (const master of masters) if (master.status === "wait") master.connect().catch(() => undefined); // waited for
  await Promise.all(masters.map((master) => readyOrClosed(master, withinMs)));
}

function readyOrClosed(client: RedisClient, withinMs: number): Promise<void> {
  if (client.status === "ready") return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      client.off("ready", done);
      client.off("close", done);
      resolve();
    };
    const timer = setTimeout(done, withinMs);
    client.once("ready", done);
    client.once("close", done);
  });
}

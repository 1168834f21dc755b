import { Cluster, Redis } from "ioredis";
import type { StatusStoreLog } from "../status-store-options.ts";
import type { HostAndPort, RedisAddress, RedisNodeOptions } from "./redis-address.ts";

export type RedisClient = Redis | Cluster;

/** TCP and TLS handshake, in ms. */
const CONNECT_TIMEOUT_MS = 500;
/** A connection that owes answers and has been silent for so long is dead: it is made anew. */
const DEAD_PEER_MS = 5_000;
const FIRST_RECONNECT_MS = 25;
const LAST_RECONNECT_MS = 500;

export interface RedisClientOptions {
  /** Shown by CLIENT LIST. */
  readonly name: string;
  /** How often a command in flight is sent again on a new connection; 0: it fails. */
  readonly retries: 0 | 1;
  /** In Cluster: sends the commands of one turn as one pipeline per node. */
  readonly autoPipelining?: boolean;
  /** In Cluster: subscribes on the master that owns the channel's slot. */
  readonly shardedSubscribers?: boolean;
  readonly log: StatusStoreLog;
}

/** Doubles from 25 ms to 500 ms, less up to half at random, for ever. */
function reconnectDelayMs(times: number): number {
  const ms = Math.min(LAST_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** Math.min(times - 1, 10));
  return ms * (0.5 + Math.random() / 2);
}

/**
 * Makes a client that connects by itself, and again for ever. A command given to it while it is not connected fails
 * at once. Deadlines are the caller's (see `RedisRequests`).
 */
export function createRedisClient(address: RedisAddress, options: RedisClientOptions): RedisClient {
  const common: RedisNodeOptions = {
    ...address.options,
    connectionName: `statusplane-${options.name}`,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: DEAD_PEER_MS,
    maxRetriesPerRequest: options.retries,
    autoResendUnfulfilledCommands: options.retries > 0,
    autoResubscribe: false,
  };
  const client = address.mode === "cluster" ? newCluster(address.nodes, common, options) : newSingle(common);
  sayWhatHappens(client, options);
  return client;
}

function newSingle(common: RedisNodeOptions): Redis {
  return new Redis({
    ...common,
    enableOfflineQueue: false,
    retryStrategy: reconnectDelayMs,
    sentinelRetryStrategy: reconnectDelayMs,
    // A demoted master keeps its connections: leave it, and ask for the new one.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
  });
}

function newCluster(
  nodes: readonly HostAndPort[],
  redisOptions: RedisNodeOptions,
  { autoPipelining = false, shardedSubscribers = false }: RedisClientOptions,
): Cluster {
  return new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      enableOfflineQueue: false,
      enableAutoPipelining: autoPipelining,
      shardedSubscribers,
      clusterRetryStrategy: reconnectDelayMs,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      redisOptions,
    },
  );
}

/** One line when the connection goes and one when it is back, however many attempts lie between. */
function sayWhatHappens(client: RedisClient, { log, name }: RedisClientOptions): void {
  let down = false;
  client.on("error", (error: Error) => {
    if (!down) log.warn({ err: error, connection: name }, "Redis connection failed");
    down = true;
  });
  client.on("ready", () => {
    if (down) log.info({ connection: name }, "Redis connection is back");
    down = false;
  });
}

/** Resolves when the client is connected, has failed to connect once, or after `withinMs`. */
export function whenReady(client: RedisClient, withinMs: number): Promise<void> {
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

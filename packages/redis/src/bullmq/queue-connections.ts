import { parseRedisUrl, type RedisAddress } from "@statusplane/core";
import type { Cluster, Redis } from "ioredis";
import { blockShortly, giveUpWhenSilent } from "./give-up-silent.ts";
import type { BullmqPackages } from "./load-bullmq.ts";

export type QueueConnection = Redis | Cluster;

export interface ConnectionOptions {
  readonly ioredis: BullmqPackages["ioredis"];
  /** As `parseRedisUrl` understands it; with `cluster` the nodes of one. */
  readonly url: string;
  readonly cluster: boolean;
  readonly onError: (error: unknown) => void;
}

interface OwnOptions {
  readonly maxRetriesPerRequest: number | null;
  readonly commandTimeout?: number;
  readonly connectTimeout?: number;
  /** A connection on which a command has had no answer for so long is given up, ms: a router may have forgotten it. */
  readonly socketTimeout: number;
  readonly enableOfflineQueue?: boolean;
}

/** Reconnect soon: what waits for the queue is to go on within a second of its return. */
const RECONNECT_MAX_MS = 500;
const RECONNECT_STEP_MS = 50;
const retryStrategy = (times: number): number => Math.min(RECONNECT_MAX_MS, RECONNECT_STEP_MS * times);
const CONNECT_TIMEOUT_MS = 500;
const DEAD_PEER_MS = 5_000;
/** BullMQ blocks for 10 s at most. */
const DEAD_PEER_OF_CONSUMER_MS = 15_000;
/**
 * A delivery that was taken, but whose answer came no more, is brought again only after its lock's 30 s: an answer that is
 * merely late is waited for.
 */
const TAKEN_PATIENCE_MS = 5_000;
/** A master that was demoted keeps its connections: leave it, ask who is the master now, and send again (2). */
const reconnectOnError = (error: Error): 2 | false => (error.message.startsWith("READONLY") ? 2 : false);

/** For calls that somebody waits for: they fail at once without a connection, and after the deadline with one. */
export function requestConnection(options: ConnectionOptions, deadlineMs: number): QueueConnection {
  const connection = connect(options, {
    commandTimeout: deadlineMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: DEAD_PEER_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
  });
  giveUpWhenAnySilent(connection, 0); // a delivery that is enqueued again is the same
  return connection;
}

/** What a consumer has: the connection it was given and the copy of it that BullMQ makes to block on. */
export interface ConsumerConnections {
  readonly connection: QueueConnection;
  /**
   * Ends those that are looking for a server that is away; the others stay for an orderly close. Without this
   * BullMQ's close would wait for the server's return.
   */
  giveUpAway(): Promise<void>;
  /** Ends all of them. */
  disconnect(): void;
}

/**
 * For consumers: BullMQ blocks on them, so a command has no deadline and waits for the server's return; but not for an
 * answer on a connection that has fallen silent, which TCP alone would notice after a quarter of an hour.
 */
export function consumerConnections(options: ConnectionOptions): ConsumerConnections {
  let givenUp = false;
  const untilGivenUp = (times: number): number | null => (givenUp ? null : retryStrategy(times));
  const own = { maxRetriesPerRequest: null, socketTimeout: DEAD_PEER_OF_CONSUMER_MS };
  const connection = connect(options, own, untilGivenUp);
  giveUpWhenAnySilent(connection, TAKEN_PATIENCE_MS);
  const all = [connection];
  const duplicate = connection.duplicate.bind(connection) as (...args: unknown[]) => QueueConnection;
  Object.assign(connection, {
    duplicate(...args: unknown[]): QueueConnection {
      const copy = duplicate(...args);
      copy.on("error", options.onError);
      if (!copy.isCluster) blockShortly(copy as Redis);
      giveUpWhenAnySilent(copy, TAKEN_PATIENCE_MS);
      all.push(copy);
      return copy;
    },
  });
  return {
    connection,
    async giveUpAway() {
      givenUp = true;
      await Promise.all(all.filter(({ status }) => status !== "ready" && status !== "end").map(end));
    },
    disconnect() {
      for (const one of all) one.disconnect();
    },
  };
}

/** Resolves when the connection has given up, at its next attempt, or has found its server after all. */
async function end(connection: QueueConnection): Promise<void> {
  await new Promise<void>((resolve) => {
    connection.once("end", resolve);
    connection.once("ready", resolve);
  });
}

function connect(
  { ioredis, url, cluster, onError }: ConnectionOptions,
  own: OwnOptions,
  retry: (times: number) => number | null = retryStrategy,
): QueueConnection {
  const address = parseRedisUrl(url, cluster);
  const connection =
    address.mode === "cluster"
      ? connectCluster(ioredis, address, { ...own, retry })
      : new ioredis.Redis({
          ...address.access,
          ...(address.mode === "single"
            ? { host: address.host, port: address.port, db: address.db }
            : { sentinels: [...address.sentinels], name: address.name }),
          ...own,
          retryStrategy: retry,
          sentinelRetryStrategy: retry,
          sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
          reconnectOnError,
        });
  connection.on("error", onError);
  return connection;
}

/** A Cluster's are those to its nodes. */
function giveUpWhenAnySilent(connection: QueueConnection, patienceMs: number): void {
  if (connection.isCluster) connection.on("+node", (node: Redis) => giveUpWhenSilent(node, { patienceMs }));
  else giveUpWhenSilent(connection as Redis, { patienceMs });
}

function connectCluster(
  ioredis: BullmqPackages["ioredis"],
  { nodes, access }: Extract<RedisAddress, { readonly mode: "cluster" }>,
  own: OwnOptions & { readonly retry: (times: number) => number | null },
): Cluster {
  const { enableOfflineQueue = true, retry, ...commands } = own;
  return new ioredis.Cluster([...nodes], {
    clusterRetryStrategy: retry,
    enableOfflineQueue,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    redisOptions: { ...access, ...commands },
  });
}

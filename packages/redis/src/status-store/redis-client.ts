import { faultFields, type HostAndPort, type RedisAddress } from "@statusplane/core";
import type { StatusStoreLog } from "@statusplane/core/status-store";
import { Cluster, Redis, type RedisOptions } from "ioredis";

export type RedisClient = Redis | Cluster;

type SingleAddress = Exclude<RedisAddress, { readonly mode: "cluster" }>;

/** What ioredis takes for one connection; replies keep their RESP2 shapes. */
type NodeOptions = Omit<RedisOptions, "replyMapping">;

/** TCP and TLS handshake, in ms. */
const CONNECT_TIMEOUT_MS = 500;
/** A connection that owes answers and has been silent for so long is dead: it is made anew. */
const DEAD_PEER_MS = 2_000;
/** A Cluster command is sent on so often, 100 ms apart where its node is gone: by then its caller has given up. */
const MAX_REDIRECTIONS = 8;
const FIRST_RECONNECT_MS = 25;
const LAST_RECONNECT_MS = 500;

export interface RedisClientOptions {
  /** Shown by CLIENT LIST. */
  readonly name: string;
  /** How often a command in flight is sent again on a new connection; 0: it fails. */
  readonly retries: 0 | 1;
  readonly log: StatusStoreLog;
}

/** Doubles from 25 ms to 500 ms, less up to half at random, for ever. @param times from 1. */
export function reconnectDelayMs(times: number): number {
  const ms = Math.min(LAST_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** Math.min(times - 1, 10));
  return ms * (0.5 + Math.random() / 2);
}

/**
 * Makes a client that connects by itself, and again for ever. A command given to it while it is not connected fails
 * at once. Deadlines are the caller's (see `RedisRequests`).
 */
export function createRedisClient(address: RedisAddress, options: RedisClientOptions): RedisClient {
  if (address.mode !== "cluster") return createSingleClient(address, options);
  const client = newCluster(address.nodes, commonOptions(address, options));
  sayWhatHappens(client, options);
  return client;
}

/** The same for one server, or the master that sentinels name. */
export function createSingleClient(address: SingleAddress, options: RedisClientOptions): Redis {
  const client = newSingle(address, commonOptions(address, options));
  sayWhatHappens(client, options);
  // ioredis gives up where it is told to connect anew while it asks sentinels for the master.
  client.on("end", () => {
    if (!closed.has(client)) setTimeout(() => void beginAnew(client), LAST_RECONNECT_MS).unref();
  });
  return client;
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

/** A client for one node (`host:port`) of a Cluster: it waits for `connect()`, its end is its end, its owner hears errors. */
export function createNodeClient(address: RedisAddress, node: string, name: string): Redis {
  const colon = node.lastIndexOf(":");
  return new Redis({
    ...commonOptions(address, { name, retries: 0 }),
    host: node.slice(0, colon),
    port: Number(node.slice(colon + 1)),
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    retryStrategy: null,
  });
}

function commonOptions(
  { access }: RedisAddress,
  { name, retries }: Pick<RedisClientOptions, "name" | "retries">,
): NodeOptions {
  return {
    ...access,
    connectionName: `statusplane-${name}`,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: DEAD_PEER_MS,
    maxRetriesPerRequest: retries,
    autoResendUnfulfilledCommands: retries > 0,
    autoResubscribe: false,
  };
}

function newSingle(address: SingleAddress, common: NodeOptions): Redis {
  return new Redis({
    ...common,
    ...(address.mode === "single"
      ? { host: address.host, port: address.port, db: address.db }
      : { sentinels: [...address.sentinels], name: address.name }),
    enableOfflineQueue: false,
    retryStrategy: reconnectDelayMs,
    sentinelRetryStrategy: reconnectDelayMs,
    // A sentinel that hangs is passed over.
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    // A demoted master keeps its connections: leave it, and ask for the new one.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
  });
}

function newCluster(nodes: readonly HostAndPort[], redisOptions: NodeOptions): Cluster {
  return new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      enableOfflineQueue: false,
      clusterRetryStrategy: reconnectDelayMs,
      maxRedirections: MAX_REDIRECTIONS,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      redisOptions,
    },
  );
}

/** One line when the connection goes and one when it is back, however many attempts lie between. */
function sayWhatHappens(client: RedisClient, { log, name }: RedisClientOptions): void {
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

/** Resolves when the client is connected, has failed to connect once, or after `withinMs`; in Cluster to each master. */
export async function whenReady(client: RedisClient, withinMs: number): Promise<void> {
  await readyOrClosed(client, withinMs);
  if (!(client instanceof Cluster)) return;
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

import { StatusplaneError } from "@statusplane/core";
import type { Cluster, Redis } from "ioredis";
import type { BullmqPackages } from "./load-bullmq.ts";

export type QueueConnection = Redis | Cluster;

export interface ConnectionOptions {
  readonly ioredis: BullmqPackages["ioredis"];
  /** `redis://` or `rediss://`; with `cluster` the nodes' URLs, separated by commas. */
  readonly url: string;
  readonly cluster: boolean;
  readonly onError: (error: unknown) => void;
}

interface OwnOptions {
  readonly maxRetriesPerRequest: number | null;
  readonly commandTimeout?: number;
  readonly connectTimeout?: number;
  readonly enableOfflineQueue?: boolean;
}

/** Reconnect soon: what waits for the queue is to go on within a second of its return. */
const RECONNECT_MAX_MS = 500;
const retryStrategy = (times: number): number => Math.min(RECONNECT_MAX_MS, 50 * times);
const CONNECT_TIMEOUT_MS = 500;
const DEFAULT_PORT = 6_379;

/** For calls that somebody waits for: they fail at once without a connection, and after the deadline with one. */
export function requestConnection(options: ConnectionOptions, deadlineMs: number): QueueConnection {
  return connect(options, {
    commandTimeout: deadlineMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
  });
}

/** For consumers: BullMQ blocks on it, so a command has no deadline and waits for the server's return. */
export function consumerConnection(options: ConnectionOptions): QueueConnection {
  return connect(options, { maxRetriesPerRequest: null });
}

function connect({ ioredis, url, cluster, onError }: ConnectionOptions, own: OwnOptions): QueueConnection {
  const connection = cluster
    ? connectCluster(ioredis, url, own)
    : new ioredis.Redis(url, { ...own, retryStrategy });
  connection.on("error", onError);
  return connection;
}

function connectCluster(ioredis: BullmqPackages["ioredis"], urls: string, own: OwnOptions): Cluster {
  const nodes = urls.split(",").map((url) => new URL(url.trim()));
  const [first] = nodes;
  if (first === undefined) throw new StatusplaneError("queue_unavailable", { detail: "no node in the URL" });
  const { enableOfflineQueue = true, ...commands } = own;
  return new ioredis.Cluster(
    nodes.map((node) => ({ host: node.hostname, port: Number(node.port === "" ? DEFAULT_PORT : node.port) })),
    {
      clusterRetryStrategy: retryStrategy,
      enableOfflineQueue,
      redisOptions: {
        ...commands,
        ...(first.username === "" ? {} : { username: decodeURIComponent(first.username) }),
        ...(first.password === "" ? {} : { password: decodeURIComponent(first.password) }),
        ...(first.protocol === "rediss:" ? { tls: {} } : {}),
      },
    },
  );
}

import {
  eventually,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  type RedisCluster,
  type RedisSentinel,
  type ServerPlace,
} from "@statusplane/test-support";
import { Cluster, Redis } from "ioredis";
import { mastersOf } from "../audit/key-lives.ts";

/** The status store's Redis, whatever its shape. */
export interface StatusRedis {
  /** What `REDIS_URL` says. */
  readonly url: string;
  readonly cluster: boolean;
  stop(): Promise<void>;
}

export interface SingleRedis extends StatusRedis {
  readonly port: number;
  readonly folder: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  pause(): void;
  resume(): void;
}

/** @param appendOnly AOF everysec, as the deploying guide recommends; without it a kill loses everything. */
export async function openSingleRedis(
  appendOnly: boolean,
  args: readonly string[] = [],
  place: ServerPlace = {},
): Promise<SingleRedis> {
  const durability = appendOnly ? ["--appendonly", "yes", "--appendfsync", "everysec"] : [];
  const server = await startRedis(
    ["--maxmemory", "512mb", "--maxmemory-policy", "allkeys-lru", ...durability, ...args],
    undefined,
    place,
  );
  return Object.assign(server, { cluster: false });
}

const MEMORY = ["--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"];

export interface ClusterRedis extends StatusRedis {
  readonly nodes: RedisCluster;
}

/** Three masters with a replica each. */
export async function openClusterRedis(nodeTimeoutMs: number): Promise<ClusterRedis> {
  const nodes = await startRedisCluster({ masters: 3, replicasPerMaster: 1, nodeTimeoutMs, args: MEMORY });
  return { url: nodes.url, cluster: true, nodes, stop: () => nodes.stop() };
}

export interface SentinelRedis extends StatusRedis {
  readonly servers: RedisSentinel;
}

/** A master with two replicas and three sentinels. */
export async function openSentinelRedis(downAfterMs: number): Promise<SentinelRedis> {
  const servers = await startRedisSentinel({ sentinels: 3, replicas: 2, downAfterMs, args: MEMORY });
  return { url: servers.url, cluster: false, servers, stop: () => servers.stop() };
}

/** A connection past every proxy, for looking at keys. */
export function connectTo({
  url,
  cluster,
}: StatusRedis): AsyncDisposable & { masters(): Promise<readonly Redis[]> } {
  const client = makeClient(url, cluster);
  client.on("error", () => undefined); // each command tells
  return {
    async masters() {
      await eventually("the store answers", async () => (await client.ping()) === "PONG");
      return mastersOf(client);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(client.disconnect()),
  };
}

/** `redis://…`, nodes of a Cluster separated by commas, or `redis-sentinel://h1,h2,h3/name`. */
function makeClient(url: string, cluster: boolean): Redis | Cluster {
  if (cluster) {
    const nodes = url.split(",").map((each) => new URL(each));
    return new Cluster(nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port) })));
  }
  if (!url.startsWith("redis-sentinel://")) return new Redis(url);
  const [hosts = "", name = ""] = url.slice("redis-sentinel://".length).split("/");
  const sentinels = hosts.split(",").map((each) => {
    const [host = "", port = ""] = each.split(":");
    return { host, port: Number(port) };
  });
  return new Redis({ sentinels, name });
}

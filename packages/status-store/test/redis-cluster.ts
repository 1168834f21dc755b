import { eventually, startRedis, type RedisServer } from "@statusplane/test-support";
import { Redis } from "ioredis";

const SLOTS = 16_384;

export interface RedisCluster {
  /** All masters, comma-separated. */
  readonly url: string;
  readonly masters: readonly RedisServer[];
  stop(): Promise<void>;
}

/** Starts a Redis Cluster of three masters without replicas. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const masters = await Promise.all(
    [0, 1, 2].map(() => startRedis(["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"])),
  );
  const clients = masters.map(({ url }) => new Redis(url, { enableReadyCheck: false }));
  try {
    for (const [i, client] of clients.entries()) {
      const [from, to] = [i, i + 1].map((n) => Math.floor((n * SLOTS) / masters.length)) as [number, number];
      await client.call("CLUSTER", "ADDSLOTSRANGE", from, to - 1);
      for (const { port } of masters) await client.call("CLUSTER", "MEET", "127.0.0.1", port);
    }
    await eventually("every node sees the whole cluster", async () => {
      const infos = await Promise.all(clients.map((client) => client.cluster("INFO")));
      return infos.every(
        (info) =>
          /cluster_state:ok/.test(info) && /cluster_known_nodes:3/.test(info) && /cluster_size:3/.test(info),
      );
    });
  } finally {
    for (const client of clients) client.disconnect();
  }
  return {
    url: masters.map(({ url }) => url).join(","),
    masters,
    stop: async () => void (await Promise.all(masters.map((master) => master.stop()))),
  };
}

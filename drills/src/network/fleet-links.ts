import type { FleetOptions } from "../fleet/fleet.ts";
import type { SingleRedis } from "../fleet/status-redis.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** What a fleet's processes reach their stores by. */
export interface FleetLinks {
  readonly "status store": TcpProxy;
  readonly queue: TcpProxy;
  readonly postgres: TcpProxy;
}

/**
 * Puts a proxy before each store of a fleet.
 * @returns the fleet's option, and the proxies once it is open.
 */
export function linkFleet(): {
  readonly through: NonNullable<FleetOptions<SingleRedis>["through"]>;
  readonly links: () => FleetLinks;
} {
  let links: FleetLinks | null = null;
  return {
    async through({ postgres, queueRedis, statusRedis }) {
      const proxyOf = ({ port }: { readonly port: number }): Promise<TcpProxy> =>
        startTcpProxy({ targets: [{ host: "127.0.0.1", port }] });
      const opened: FleetLinks = {
        "status store": await proxyOf(statusRedis),
        queue: await proxyOf(queueRedis),
        postgres: await proxyOf(postgres),
      };
      links = opened;
      return {
        databaseUrl: `postgres://postgres@127.0.0.1:${opened.postgres.port}/statusplane`,
        redisUrl: `redis://127.0.0.1:${opened["status store"].port}`,
        queueUrl: `redis://127.0.0.1:${opened.queue.port}`,
        close: async () => void (await Promise.all(Object.values(opened).map((proxy) => proxy.close()))),
      };
    },
    links() {
      if (links === null) throw new Error("the fleet is not open yet");
      return links;
    },
  };
}

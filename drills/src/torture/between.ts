import type { FleetOptions } from "../fleet/fleet.ts";
import type { SingleRedis } from "../fleet/status-redis.ts";
import { startTcpProxy, type TcpProxy } from "../network/tcp-proxy.ts";

type Servers = Parameters<NonNullable<FleetOptions<SingleRedis>["through"]>>[0];

/** A proxy in front of each store, so that the network can be broken. */
export class Between {
  readonly postgres: TcpProxy;
  readonly redis: TcpProxy;
  readonly queue: TcpProxy;

  private constructor(proxies: Pick<Between, "postgres" | "redis" | "queue">) {
    this.postgres = proxies.postgres;
    this.redis = proxies.redis;
    this.queue = proxies.queue;
  }

  static async open({ postgres, queueRedis, statusRedis }: Servers): Promise<Between> {
    const to = (port: number): Promise<TcpProxy> => startTcpProxy({ targets: [{ host: "127.0.0.1", port }] });
    return new Between({
      postgres: await to(postgres.port),
      redis: await to(statusRedis.port),
      queue: await to(queueRedis.port),
    });
  }

  get links(): readonly TcpProxy[] {
    return [this.postgres, this.redis, this.queue];
  }

  get databaseUrl(): string {
    return `postgres://postgres@127.0.0.1:${this.postgres.port}/statusplane`;
  }

  get redisUrl(): string {
    return `redis://127.0.0.1:${this.redis.port}`;
  }

  get queueUrl(): string {
    return `redis://127.0.0.1:${this.queue.port}`;
  }

  async close(): Promise<void> {
    await Promise.all(this.links.map((link) => link.close()));
  }
}

import type { Timings } from "@statusplane/core";
import {
  eventually,
  freePort,
  startPostgres,
  startRedis,
  withClient,
  type PostgresServer,
  type RedisServer,
  type ServerPlace,
} from "@statusplane/test-support";
import { SignJWT } from "jose";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { keepJobHistory } from "../history/job-history.ts";
import { startTcpProxy, type TcpProxy } from "../network/tcp-proxy.ts";
import { DRILL_TIMINGS } from "./drill-timings.ts";
import { ProcessSlot } from "./process-slot.ts";
import type { StatusRedis } from "./status-redis.ts";

const JWT_SECRET = "drills-secret-of-32-bytes-or-more-000";

/** Drills ask more than people do, as one tenant, from one address. */
const NO_LIMITS = {
  RATE_LIMIT_PER_MINUTE: "100000000",
  RATE_LIMIT_TENANT_PER_MINUTE: "100000000",
  RATE_LIMIT_ADDRESS_PER_MINUTE: "100000000",
  RATE_LIMIT_MISSES_PER_MINUTE: "100000000",
  RATE_LIMIT_READS_PER_MINUTE: "100000000",
  STREAMS_PER_TOKEN: "100000",
  STREAMS_PER_TENANT: "100000",
  STREAMS_PER_ADDRESS: "100000",
};

export interface FleetOptions<Redis extends StatusRedis> {
  /** Started and stopped with the fleet. */
  readonly statusRedis: Redis;
  /** Default 2. */
  readonly apis?: number;
  /** Default 2. */
  readonly workers?: number;
  /** Default: `DRILL_TIMINGS`. */
  readonly timings?: Timings;
  /** For all processes. */
  readonly env?: Readonly<Record<string, string>>;
  /** Postgres with fsync, for drills that kill it. Default false. */
  readonly durablePostgres?: boolean;
  /** Where and as what Postgres and the queue's Redis run. */
  readonly postgresPlace?: ServerPlace;
  readonly queuePlace?: ServerPlace;
  /** What stands between the processes and the stores: addresses to use instead of the servers' own. */
  readonly through?: (servers: {
    readonly postgres: PostgresServer;
    readonly queueRedis: RedisServer;
    readonly statusRedis: Redis;
  }) => Promise<{
    readonly databaseUrl?: string;
    readonly redisUrl?: string;
    readonly queueUrl?: string;
    readonly close: () => Promise<void>;
  }>;
}

/** The product as an operator runs it, on this machine: real stores, several processes, a balancer in front of the apis. */
export class Fleet<Redis extends StatusRedis = StatusRedis> {
  readonly folder: string;
  readonly postgres: PostgresServer;
  readonly queueRedis: RedisServer;
  readonly statusRedis: Redis;
  readonly databaseUrl: string;
  /** The drills' own connections, as a superuser past every proxy. */
  readonly pool: pg.Pool;
  readonly apis: readonly ProcessSlot[];
  readonly workers: readonly ProcessSlot[];
  readonly timings: Timings;
  /** The balancer that clients use. */
  readonly entrance: TcpProxy;
  readonly #apiPorts: readonly number[];
  readonly #closeBetween: () => Promise<void>;
  readonly #takenOut = new Set<number>();

  private constructor(
    parts: Pick<
      Fleet<Redis>,
      "folder" | "postgres" | "queueRedis" | "statusRedis" | "databaseUrl" | "pool" | "timings" | "entrance"
    > & {
      readonly apis: readonly ProcessSlot[];
      readonly apiPorts: readonly number[];
      readonly workers: readonly ProcessSlot[];
      readonly closeBetween: () => Promise<void>;
    },
  ) {
    this.folder = parts.folder;
    this.postgres = parts.postgres;
    this.queueRedis = parts.queueRedis;
    this.statusRedis = parts.statusRedis;
    this.databaseUrl = parts.databaseUrl;
    this.pool = parts.pool;
    this.timings = parts.timings;
    this.entrance = parts.entrance;
    this.apis = parts.apis;
    this.#apiPorts = parts.apiPorts;
    this.workers = parts.workers;
    this.#closeBetween = parts.closeBetween;
  }

  /** Starts the stores, then every process, and waits until they work. */
  static async open<Redis extends StatusRedis>(options: FleetOptions<Redis>): Promise<Fleet<Redis>> {
    const { statusRedis, timings = DRILL_TIMINGS } = options;
    const folder = await mkdtemp(join(tmpdir(), "statusplane-drill-"));
    await mkdir(join(folder, "logs"));
    const [postgres, queueRedis] = await Promise.all([
      startPostgres({ durable: options.durablePostgres === true, ...options.postgresPlace }),
      startRedis(
        ["--maxmemory-policy", "noeviction", "--appendonly", "yes", "--appendfsync", "everysec"],
        undefined,
        options.queuePlace,
      ),
    ]);
    const databaseUrl = await postgres.createDatabase("statusplane");
    await withClient(databaseUrl, (client) => client.query("CREATE EXTENSION pg_stat_statements"));
    const between = (await options.through?.({ postgres, queueRedis, statusRedis })) ?? {
      close: () => Promise.resolve(),
    };
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 4, connectionTimeoutMillis: 2_000 });
    pool.on("error", () => undefined); // drills kill its server: the next query tells
    const shared = {
      DATABASE_URL: between.databaseUrl ?? databaseUrl,
      REDIS_URL: between.redisUrl ?? statusRedis.url,
      ...(statusRedis.cluster ? { REDIS_CLUSTER: "1" } : {}),
      QUEUE_URL: between.queueUrl ?? queueRedis.url,
      DATA_DIR: join(folder, "data"),
      TIMINGS: JSON.stringify(withoutObjects(timings)),
      LOG_LEVEL: "error",
      ...options.env,
    };
    const apis = await Promise.all(
      Array.from({ length: options.apis ?? 2 }, async () => {
        const port = await freePort();
        const env = { ...shared, JWT_SECRET, PORT: String(port), ...NO_LIMITS };
        return { port, slot: new ProcessSlot("api", env) };
      }),
    );
    const workerEnv = {
      ...shared,
      WORKER_CONCURRENCY: "video_hls=1,*=16",
      DRILL_LOG: join(folder, "logs/worker"),
    };
    const workers = Array.from({ length: options.workers ?? 2 }, () => new ProcessSlot("worker", workerEnv));
    const entrance = await startTcpProxy({
      targets: apis.map(({ port }) => ({ host: "127.0.0.1", port })),
    });
    const fleet = new Fleet({
      folder,
      postgres,
      queueRedis,
      statusRedis,
      databaseUrl,
      pool,
      timings,
      entrance,
      apis: apis.map(({ slot }) => slot),
      apiPorts: apis.map(({ port }) => port),
      workers,
      closeBetween: () => between.close(),
    });
    try {
      await fleet.#startAll();
      return fleet;
    } catch (error) {
      await fleet.close();
      throw error;
    }
  }

  get slots(): readonly ProcessSlot[] {
    return [...this.apis, ...this.workers];
  }

  /** Through the balancer. */
  get url(): string {
    return `http://127.0.0.1:${this.entrance.port}`;
  }

  get dataFolder(): string {
    return join(this.folder, "data");
  }

  async token(tenant: string, subject = "drill"): Promise<string> {
    return new SignJWT({ tenant_id: tenant })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(subject)
      .setExpirationTime("3d") // also for an api process whose clock is a day ahead
      .sign(new TextEncoder().encode(JWT_SECRET));
  }

  /** The balancer sends nothing more to this api process, as a deploy has it. */
  takeOut(api: number): void {
    this.#takenOut.add(api);
    this.#balance();
  }

  putBack(api: number): void {
    this.#takenOut.delete(api);
    this.#balance();
  }

  #balance(): void {
    const ports = this.#apiPorts.filter((_, api) => !this.#takenOut.has(api));
    this.entrance.setTargets(ports.map((port) => ({ host: "127.0.0.1", port })));
  }

  /** Waits until Postgres answers the drills' own connections again. */
  async databaseAnswers(withinMs = 60_000): Promise<void> {
    await eventually(
      "Postgres answers",
      async () => (await this.pool.query("SELECT 1")).rowCount === 1,
      withinMs,
    );
  }

  async close(): Promise<void> {
    await this.entrance.close();
    await Promise.all(this.slots.filter(({ isUp }) => isUp).map((slot) => slot.kill()));
    await this.pool.end();
    await this.#closeBetween();
    await Promise.all([this.postgres.stop(), this.queueRedis.stop(), this.statusRedis.stop()]);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async #startAll(): Promise<void> {
    const [first, ...others] = this.slots;
    await first?.startSupervised(); // migrates
    await keepJobHistory(this.pool);
    await Promise.all(others.map((slot) => slot.startSupervised()));
  }
}

/** `TIMINGS` takes plain numbers. */
function withoutObjects(timings: Timings): Record<string, number> {
  return Object.fromEntries(
    Object.entries(timings).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}

import { eventually } from "./eventually.ts";
import { startRedis, type RedisServer } from "./redis.ts";
import { askNode } from "./redis-cluster-view.ts";

/** What the sentinels call the master. */
const NAME = "main";
/** How often sentinels look around, in ms; their own 10 s and 2 s make each return of a server last half a minute. */
const PACE = ["info-period", "1000", "publish-period", "500"];
const SETTLE_WITHIN_MS = 40_000;
/** A sentinel gives a failover up after so long, in ms. */
const FAILOVER_TIMEOUT_MS = 5_000;

export interface RedisSentinelOptions {
  /** Default 3; more than half of them decide. */
  readonly sentinels?: number;
  /** Default 2. */
  readonly replicas?: number;
  /** After so long, in ms, a silent master counts as down; default 1,000. */
  readonly downAfterMs?: number;
  /** Further options of master and replicas. */
  readonly args?: readonly string[];
}

/** A real Redis with replicas and the sentinels that watch over it. Each process can be killed, paused and started. */
export interface RedisSentinel {
  /** `redis-sentinel://h1,h2,h3/name` */
  readonly url: string;
  /** The master of the beginning, then its replicas. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  /** The master that the sentinels name now. */
  master(): Promise<RedisServer>;
  /** Has the sentinels promote a replica of a master that is well; resolves when they name it. */
  failover(): Promise<void>;
  /** Resolves when all processes answer, the sentinels agree, and every replica follows the master. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a master, its replicas and their sentinels, and waits until all know each other. */
export async function startRedisSentinel(options: RedisSentinelOptions = {}): Promise<RedisSentinel> {
  const { sentinels: count = 3, replicas = 2, downAfterMs = 1_000, args = [] } = options;
  const data = ["--repl-diskless-sync-delay", "0", ...args];
  const master = await startRedis(data);
  const servers = [
    master,
    ...(await Promise.all(
      Array.from({ length: replicas }, () =>
        startRedis([...data, "--replicaof", "127.0.0.1", String(master.port)]),
      ),
    )),
  ];
  const config = [
    `sentinel monitor ${NAME} 127.0.0.1 ${master.port} ${Math.floor(count / 2) + 1}`,
    `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
    `sentinel failover-timeout ${NAME} ${Math.max(FAILOVER_TIMEOUT_MS, downAfterMs * 3)}`,
    `sentinel parallel-syncs ${NAME} ${Math.max(1, replicas)}`,
  ].join("\n");
  const sentinels = await Promise.all(
    Array.from({ length: count }, () => startRedis(["--sentinel"], config)),
  );
  const started = new LocalSentinel(servers, sentinels);
  try {
    await Promise.all(
      sentinels.map(({ port }) => askNode(port, (one) => one.call("SENTINEL", "DEBUG", ...PACE))),
    );
    await started.settled();
  } catch (error) {
    await started.stop();
    throw error;
  }
  return started;
}

class LocalSentinel implements RedisSentinel {
  readonly url: string;
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];

  constructor(servers: readonly RedisServer[], sentinels: readonly RedisServer[]) {
    this.servers = servers;
    this.sentinels = sentinels;
    this.url = `redis-sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/${NAME}`;
  }

  async master(): Promise<RedisServer> {
    for (const sentinel of this.sentinels) {
      const port = await masterPort(sentinel).catch(() => null); // does not answer: the next one is asked
      if (port !== null) return this.#server(port);
    }
    throw new Error("no sentinel names a master");
  }

  /** One that finds no replica fit, or is given up by the sentinel, is asked for again. */
  async failover(): Promise<void> {
    const [before, sentinel] = [await this.master(), this.sentinels[0]];
    if (sentinel === undefined) throw new Error("there is no sentinel");
    let askedAtMs = -Infinity;
    const isDone = async (): Promise<boolean> => {
      if (performance.now() - askedAtMs > FAILOVER_TIMEOUT_MS) {
        await askNode(sentinel.port, (node) => node.call("SENTINEL", "FAILOVER", NAME));
        askedAtMs = performance.now();
      }
      return (await this.master()) !== before;
    };
    await eventually("the sentinels name another master", isDone, SETTLE_WITHIN_MS);
  }

  async settled(): Promise<void> {
    const isWhole = async (): Promise<boolean> => {
      const named = await Promise.all(this.sentinels.map(masterPort));
      const knowing = await Promise.all(this.sentinels.map((sentinel) => knows(sentinel)));
      const following = await Promise.all(this.servers.map(({ port }) => followedPort(port)));
      const [master] = named;
      return (
        named.every((port) => port === master) &&
        following.filter((port) => port === null).length === 1 &&
        this.servers.every(({ port }, i) => following[i] === (port === master ? null : master)) &&
        knowing.every(
          ({ sentinels, replicas }) =>
            sentinels === this.sentinels.length - 1 && replicas === this.servers.length - 1,
        )
      );
    };
    await eventually("master, replicas and sentinels agree", isWhole, SETTLE_WITHIN_MS);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sentinels, ...this.servers].map((one) => one.stop()));
  }

  #server(port: number): RedisServer {
    const found = this.servers.find((server) => server.port === port);
    if (found === undefined) throw new Error(`the sentinels name ${port}, which is none of ours`);
    return found;
  }
}

function masterPort({ port }: RedisServer): Promise<number> {
  return askNode(port, async (sentinel) => {
    const address = await sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME);
    return Number((address as [string, string])[1]);
  });
}

/** How many of the others a sentinel knows to be well. */
function knows({ port }: RedisServer): Promise<{ readonly sentinels: number; readonly replicas: number }> {
  return askNode(port, async (sentinel) => {
    const wellOf = async (what: string): Promise<number> => {
      const all = (await sentinel.call("SENTINEL", what, NAME)) as readonly (readonly string[])[];
      const flags = all.map((fields) => fields[fields.indexOf("flags") + 1] ?? "");
      return flags.filter((each) => !/down|disconnected/.test(each)).length;
    };
    return { sentinels: await wellOf("SENTINELS"), replicas: await wellOf("REPLICAS") };
  });
}

/** The port of the master that a server follows, with its link up; null: it is a master; -1: it follows none now. */
async function followedPort(port: number): Promise<number | null> {
  const info = await askNode(port, (server) => server.info("replication"));
  if (/^role:master/m.test(info)) return null;
  return /^master_link_status:up/m.test(info) ? Number(/^master_port:(\d+)/m.exec(info)?.[1]) : -1;
}

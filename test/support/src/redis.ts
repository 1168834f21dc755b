import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import type { ServerPlace } from "./server-place.ts";

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Where its append-only files lie. */
  readonly folder: string;
  /** SIGSTOP / SIGCONT: the connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
  /** SIGKILL, and a start on the same port with the same folder and options; one that runs is left alone. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const LOG = "redis.log";
/** So many characters of the log tell why a server did not start. */
const LOG_TAIL = 500;
/** 400 × 25 ms: a server that has not answered by then will not. */
const START_TRIES = 400;
const TRY_EVERY_MS = 25;

/**
 * Starts a real redis-server.
 * @param args further options, e.g. `["--maxmemory", "20mb"]`.
 * @param config lines of its configuration file, for what cannot be an option; the server may write into that file.
 */
export async function startRedis(
  args: readonly string[] = [],
  config?: string,
  { within = tmpdir(), env = {} }: ServerPlace = {},
): Promise<RedisServer> {
  const program = findProgram("redis-server");
  if (program === null) throw new Error("redis-server is missing: apt-get install redis-server");
  const folder = await mkdtemp(join(within, "statusplane-redis-"));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const file = join(folder, "redis.conf");
  if (config !== undefined) await writeFile(file, config);
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    if (child !== undefined) return;
    const own = [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--dir",
      folder,
      "--logfile",
      LOG,
      "--save",
      "",
    ];
    const options = [...(config === undefined ? [] : [file]), ...own, ...args];
    const starting = spawn(program as string, options, {
      stdio: "ignore",
      env: { ...process.env, ...env },
    });
    child = starting;
    await untilItAnswers(starting, port).catch(async (cause: unknown) => {
      const log = await readFile(join(folder, LOG), "utf8").catch(() => "(it wrote no log)");
      throw new Error(`redis-server does not start: ${log.slice(-LOG_TAIL)}`, { cause });
    });
  }

  async function kill(): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill("SIGKILL"); // a paused one does not wake for it
    await gone;
  }

  await start();
  return {
    url,
    port,
    folder,
    get pid() {
      return child?.pid ?? 0;
    },
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    kill,
    start,
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilItAnswers(child: ChildProcess, port: number): Promise<void> {
  const probe = new Redis(port, "127.0.0.1", {
    lazyConnect: true,
    retryStrategy: (times) => (times > START_TRIES ? null : TRY_EVERY_MS),
    maxRetriesPerRequest: null,
  });
  probe.on("error", () => undefined); // refused until it listens
  const ended = new Promise<never>((_, reject) => {
    child.once("exit", (code) => reject(new Error(`redis-server on port ${port} ended with ${code}`)));
  });
  try {
    await Promise.race([probe.ping(), ended]);
  } finally {
    probe.disconnect();
  }
}

/** Runs one piece of work on a connection of its own. */
export async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

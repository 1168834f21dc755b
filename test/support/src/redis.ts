import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { findProgram } from "./find-program.ts";
import { freePort } from "./free-port.ts";

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** SIGSTOP / SIGCONT: the connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
  /** SIGKILL, and a start on the same port with the same folder and options. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a real redis-server. @param args further options, e.g. `["--maxmemory", "20mb"]`. */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const program = findProgram("redis-server");
  if (program === null) throw new Error("redis-server is missing: apt-get install redis-server");
  const folder = await mkdtemp(join(tmpdir(), "statusplane-redis-"));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", ...args];
    child = spawn(program as string, options, { stdio: "ignore" });
    const probe = new Redis(port, "127.0.0.1", {
      lazyConnect: true,
      retryStrategy: (times) => (times > 400 ? null : 25),
      maxRetriesPerRequest: null,
    });
    probe.on("error", () => undefined); // refused until it listens
    await probe.ping();
    probe.disconnect();
  }

  async function end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill("SIGCONT");
    ending.kill(signal);
    await gone;
  }

  await start();
  return {
    url,
    port,
    get pid() {
      return child?.pid ?? 0;
    },
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    kill: () => end("SIGKILL"),
    start,
    async stop() {
      await end("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
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

import {
  DEFAULT_TIMINGS,
  encodeSnapshot,
  jobKeys,
  jobRef,
  type JobKeys,
  type JobRef,
  type StatusStore,
} from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import { Cluster, Redis } from "ioredis";
import { lifeOf, type HistoryAdapter } from "./history-adapter.ts";
import type { Life, Sight } from "./sight.ts";

/** Enough to keep client and Redis busy; with many more the client is busy with its own garbage. */
const HISTORIES_AT_ONCE = 48;
/** So many writes are in flight that an answer may take its time. */
const DEADLINE_MS = 60_000;
/** By the hash of their ids some lie on each of three masters. */
const JOBS_ON_ALL_NODES = 32;

export interface RedisAdapterOptions {
  readonly name: string;
  /** Of a Cluster all masters', comma-separated. */
  readonly url: string;
  readonly cluster: boolean;
  readonly finishedTtlSeconds: number;
}

/** A Redis store, or one in a Cluster, with a connection of its own for looking behind it. */
export async function openRedisAdapter(options: RedisAdapterOptions): Promise<HistoryAdapter> {
  const { name, url, cluster, finishedTtlSeconds } = options;
  const timings = { ...DEFAULT_TIMINGS, requestDeadlineMs: DEADLINE_MS };
  const store = await openRedisStatusStore({ url, cluster, finishedTtlSeconds, timings });
  const raw = cluster ? await openCluster(url) : new Redis(url);
  const keysOf = (ref: JobRef): JobKeys => jobKeys(ref, cluster);
  await sendScripts(store);
  const drop = async (...keys: string[]): Promise<void> => void (await raw.del(...keys));
  return {
    name,
    atOnce: HISTORIES_AT_ONCE,
    evicts: true,
    finishedLife: finishedTtlSeconds === 0 ? "for-ever" : "finished",
    store: () => store,
    look: (ref) => look(raw, keysOf(ref)),
    lookAndForget: (ref) => look(raw, keysOf(ref), true),
    async lose(ref) {
      const { status, progress, result } = keysOf(ref);
      await drop(status, progress, result);
    },
    async expire(ref) {
      const { status, progress } = keysOf(ref);
      const { lives } = await look(raw, keysOf(ref));
      await drop(progress, ...(lives.status === "live" ? [status] : []));
    },
    evict: (ref, key) => drop(keysOf(ref)[key]),
    async close() {
      raw.disconnect();
      await store.close();
    },
  };
}

/**
 * A node that does not know a script yet refuses its first call, which is then sent again and overtaken by what was on
 * its way behind it. Histories are about an order that is kept: each node is told every script before.
 */
async function sendScripts({ writer }: StatusStore): Promise<void> {
  for (let i = 0; i < JOBS_ON_ALL_NODES; i++) {
    const ref = jobRef("warm", "job", String(i));
    const snapshot = {
      ref,
      jobType: "ocr",
      title: null,
      attempt: 1,
      updatedAt: "",
      status: "PENDING",
      nextTry: null,
    } as const;
    await writer.write("announce", encodeSnapshot(snapshot));
    await writer.requestCancel(ref, 1);
    await writer.restoreResult(ref, 1, "");
  }
}

async function openCluster(urls: string): Promise<Cluster> {
  const cluster = new Cluster(
    urls.split(",").map((url) => {
      const { hostname, port } = new URL(url);
      return { host: hostname, port: Number(port) };
    }),
  );
  await new Promise<void>((resolve, reject) => {
    cluster.once("ready", resolve);
    cluster.once("error", reject);
  });
  return cluster;
}

async function look(
  raw: Redis | Cluster,
  { status, progress, result }: JobKeys,
  forget = false,
): Promise<Sight> {
  const pipeline = raw
    .pipeline()
    .get(status)
    .hgetall(progress)
    .get(result)
    .pttl(status)
    .pttl(progress)
    .pttl(result);
  if (forget) pipeline.del(status, progress, result);
  const replies = await pipeline.exec();
  const values = (replies ?? []).map(([error, value]) => {
    if (error !== null) throw error;
    return value;
  });
  const hash = values[1] as Record<string, string>;
  return {
    text: values[0] as string | null,
    hash: Object.keys(hash).length === 0 ? null : hash,
    result: values[2] as string | null,
    lives: { status: life(values[3]), progress: life(values[4]), result: life(values[5]) },
  };
}

/** PTTL answers −2 for a key that is not there and −1 for one that stays for ever. */
function life(pttl: unknown): Life {
  const ms = Number(pttl);
  if (ms === -2) return "absent";
  return lifeOf(ms === -1 ? null : ms);
}

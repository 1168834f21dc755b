import { startRedis, startRedisCluster } from "@statusplane/test-support";
import type { Drill, LegOptions, LegResult } from "../drill.ts";
import { FINISHED_TTL_SECONDS, type HistoryAdapter } from "../histories/history-adapter.ts";
import { openMemoryAdapter } from "../histories/memory-adapter.ts";
import { openRedisAdapter } from "../histories/redis-adapter.ts";
import { runHistories, type HistoriesSeen } from "../histories/run-histories.ts";
import type { Random } from "../random.ts";

/** Every history is carried out on each store: memory, Redis, a Cluster of three masters. */
export const t11: Drill = {
  id: "T11",
  title: "generated histories on each status store and on a reference",
  fullVolume: 1_000_000,
  legVolume: 20_000,
  injectsFaults: false,
  bound: "the same replies and the same state",
  boundMs: null,
  leg,
};

async function leg({ volume, random, say }: LegOptions): Promise<LegResult> {
  const finishedTtlSeconds = random.chance(0.5) ? 0 : FINISHED_TTL_SECONDS;
  const seen = new Map<string, HistoriesSeen>();
  for (const withAdapter of [withMemory, withRedis, withCluster]) {
    await withAdapter(finishedTtlSeconds, async (adapter) => {
      const histories = await runHistories(adapter, { volume, random: sameFor(random), say });
      seen.set(adapter.name, histories);
      say(`${adapter.name}: ${histories.histories} histories, ${histories.perSecond} a second`);
    });
  }
  const all = [...seen.values()];
  return {
    faults: Math.min(...all.map(({ histories }) => histories)),
    jobs: 0, // nothing is submitted
    observations: all.reduce((sum, { compared }) => sum + compared, 0),
    violations: all.flatMap(({ violations }) => violations),
    slowestRecoveryMs: null,
    figures: Object.fromEntries(
      Array.from(seen, ([name, { perSecond }]) => [`${name}_histories_per_second`, perSecond]),
    ),
  };
}

/** All stores get the same histories. */
function sameFor(random: Random): Random {
  return random.fork("histories");
}

type WithAdapter = (
  finishedTtlSeconds: number,
  work: (adapter: HistoryAdapter) => Promise<void>,
) => Promise<void>;

const withMemory: WithAdapter = (finishedTtlSeconds, work) =>
  closing(openMemoryAdapter(finishedTtlSeconds), work);

const withRedis: WithAdapter = async (finishedTtlSeconds, work) => {
  const redis = await startRedis();
  try {
    const { url } = redis;
    await closing(await openRedisAdapter({ name: "redis", url, cluster: false, finishedTtlSeconds }), work);
  } finally {
    await redis.stop();
  }
};

const withCluster: WithAdapter = async (finishedTtlSeconds, work) => {
  const cluster = await startRedisCluster();
  try {
    const { url } = cluster;
    await closing(await openRedisAdapter({ name: "cluster", url, cluster: true, finishedTtlSeconds }), work);
  } finally {
    await cluster.stop();
  }
};

async function closing(
  adapter: HistoryAdapter,
  work: (adapter: HistoryAdapter) => Promise<void>,
): Promise<void> {
  try {
    await work(adapter);
  } finally {
    await adapter.close();
  }
}

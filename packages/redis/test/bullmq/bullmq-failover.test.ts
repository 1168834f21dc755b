import { createBullmqQueue, type BullmqQueue } from "@statusplane/redis/bullmq";
import {
  eventually,
  startRedisCluster,
  startRedisSentinel,
  type RedisCluster,
  type RedisSentinel,
  withRedis,
} from "@statusplane/test-support";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { delivery, describeJobQueue, recordAll } from "@statusplane/core/testing/job-queue";

const REPLICATED_WITHIN_MS = 15_000;

/** What was waiting, what is enqueued, and the consumer itself go on after the queue's master was struck. */
async function expectFailedOver(queue: BullmqQueue, strike: () => Promise<void>): Promise<void> {
  try {
    const seen = await recordAll(queue);
    await queue.enqueue(delivery("before"));
    await eventually("deliveries come", () => seen.length === 1);
    await queue.enqueue(delivery("waiting"), 3_000);
    await strike();
    await eventually("it is enqueued again", async () => {
      await queue.enqueue(delivery("after"));
      return true;
    });
    const ids = (): string[] => seen.map(({ ref }) => ref.id);
    await eventually("deliveries come again", () => ids().includes("after") && ids().includes("waiting"));
    const sentinels = await queue.sentinel?.readSentinels();
    expect(await queue.sentinel?.writeSentinels({ tick: 9, tickedAtMs: 9 }, sentinels ?? [])).toBe(true);
    expect(await queue.sentinel?.readSentinels()).toEqual([{ tick: 9, tickedAtMs: 9 }]);
  } finally {
    await queue.close();
  }
}

/** Redis acknowledges before its replica knows: a kill just then loses what was enqueued, which the sweeper finds again. */
async function untilReplicated(master: { readonly url: string }): Promise<void> {
  const replicas = await withRedis(master.url, async (redis) => {
    await redis.set("{statusplane:queue}:replicated", "1");
    return redis.wait(1, REPLICATED_WITHIN_MS);
  });
  expect(replicas).toBe(1);
}

describe("the BullMQ queue behind sentinels", () => {
  let redis: RedisSentinel;
  beforeAll(async () => {
    redis = await startRedisSentinel({ replicas: 1, args: ["--maxmemory-policy", "noeviction"] });
  });
  afterAll(() => redis.stop());

  it("goes on at the new master when the old one is killed", async () => {
    const queue = await createBullmqQueue({ url: redis.url, deadlineMs: 2_000, lockMs: 1_000 });
    expect(await queue.checkPolicy()).toBe("noeviction");
    await expectFailedOver(queue, async () => {
      const master = await redis.master();
      await untilReplicated(master);
      await master.kill();
    });
  });
});

describe("the BullMQ queue in a Cluster", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster({ replicasPerMaster: 1, nodeTimeoutMs: 1_000 });
  });
  afterAll(() => cluster.stop());
  const open = (): Promise<BullmqQueue> =>
    createBullmqQueue({ url: cluster.url, cluster: true, deadlineMs: 2_000, lockMs: 1_000 });
  const onEachMaster = async <T>(work: (redis: Redis) => Promise<T>): Promise<T[]> =>
    Promise.all((await cluster.masters()).map(({ url }) => withRedis(url, work)));

  describeJobQueue("bullmq on a real Redis Cluster", async () => {
    await onEachMaster((redis) => redis.flushall());
    return open();
  });

  it("keeps everything, its sentinel too, on one master, and goes on at its replica when that is killed", async () => {
    const queue = await open();
    const victim = await cluster.ownerOf("{statusplane:queue}");
    await queue.sentinel?.writeSentinels({ tick: 1, tickedAtMs: 1 }, [null]);
    await expectFailedOver(queue, async () => {
      const keys = await onEachMaster((redis) => redis.keys("*statusplane:*"));
      const held = keys.map((some) => some.length);
      expect(held.filter((count) => count > 0)).toHaveLength(1);
      await untilReplicated(victim);
      await victim.kill();
    });
    await victim.start();
    await cluster.settled();
  });
});

import { describeJobQueue } from "@statusplane/core/testing/job-queue";
import { createBullmqQueue } from "@statusplane/redis/bullmq";
import { startRedis, withRedis, type RedisServer } from "@statusplane/test-support";
import { afterAll, beforeAll, vi } from "vitest";

vi.mock("bullmq", () => import("bullmq-5"));

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

describeJobQueue("BullMQ 5 over ioredis 6", async () => {
  await withRedis(server.url, (redis) => redis.flushall());
  return createBullmqQueue({ url: server.url, deadlineMs: 2_000, lockMs: 1_000 });
});

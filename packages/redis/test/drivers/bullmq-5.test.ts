import { describeJobQueue } from "@statusplane/core/testing/job-queue";
import { createBullmqQueue } from "@statusplane/redis/bullmq";
import { startRedis, withRedis, type RedisServer } from "@statusplane/test-support";
import * as bullmq5 from "bullmq-5";
import * as ioredis5 from "ioredis-5";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { loadBullmq, loadIoredis } from "../../src/connections/load-driver.ts";

vi.mock("bullmq", () => import("bullmq-5"));
vi.mock("ioredis", () => import("ioredis-5"));

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

it("is what the queue is given here, and ioredis 5 with it", async () => {
  expect((await loadBullmq()).Queue).toBe(bullmq5.Queue);
  expect((await loadIoredis()).Redis).toBe(ioredis5.Redis);
});

describeJobQueue("BullMQ 5 over ioredis 5", async () => {
  await withRedis(server.url, (redis) => redis.flushall());
  return createBullmqQueue({ url: server.url, deadlineMs: 2_000, lockMs: 1_000 });
});

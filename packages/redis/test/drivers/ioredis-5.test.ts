import { describeStatusStore, PATIENT } from "@statusplane/core/testing/status-store";
import { startRedis, type RedisServer } from "@statusplane/test-support";
import * as ioredis5 from "ioredis-5";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { loadIoredis } from "../../src/connections/load-driver.ts";
import { openRedisForTest } from "../redis-test-store.ts";

vi.mock("ioredis", () => import("ioredis-5"));

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

it("is what the store is given here", async () => {
  expect((await loadIoredis()).Redis).toBe(ioredis5.Redis);
});

describeStatusStore("Redis by ioredis 5", (options) =>
  openRedisForTest({ timings: PATIENT, ...options, url: server.url }),
);

import { startRedis, type RedisServer } from "@statusplane/test-support";
import { afterAll, beforeAll } from "vitest";
import { describeStatusStore } from "./contract/describe-status-store.ts";
import { openRedisForTest } from "./redis-test-store.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

describeStatusStore("Redis", (options) => openRedisForTest({ ...options, url: server.url }));

import { describeStatusStore, PATIENT } from "@statusplane/core/testing/status-store";
import { startRedis, type RedisServer } from "@statusplane/test-support";
import { afterAll, beforeAll } from "vitest";
import { openRedisForTest } from "./redis-test-store.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

describeStatusStore("Redis", (options) =>
  openRedisForTest({ timings: PATIENT, ...options, url: server.url }),
);

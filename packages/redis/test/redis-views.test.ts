import { describeViews } from "@statusplane/core/testing/views";
import { PATIENT } from "@statusplane/core/testing/status-store";
import { startRedis, type RedisServer } from "@statusplane/test-support";
import { afterAll, beforeAll } from "vitest";
import { openRedisStatusStore } from "../src/index.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

describeViews("Redis", (viewsNow) => openRedisStatusStore({ url: server.url, timings: PATIENT, viewsNow }));

import { eventually, startRedis, withRedis, type RedisServer } from "@statusplane/test-support";
import { Cluster, Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { parseRedisUrl } from "@statusplane/core";
import { RedisConnector } from "../../src/connections/redis-connector.ts";
import { SentinelWatch } from "../../src/connections/sentinel-watch.ts";

/** Sentinels let nobody else publish: a server that says what they would say, and the master that it speaks of. */
let speaker: RedisServer;
let master: RedisServer;
let client: Redis;
let watch: SentinelWatch;
const told: string[] = [];
beforeAll(async () => {
  [speaker, master] = await Promise.all([startRedis(), startRedis()]);
});
beforeEach(async () => {
  client = new Redis(master.port, "127.0.0.1");
  await client.ping();
  const log = { warn: () => undefined, info: (_: unknown, message: string) => void told.push(message) };
  const connector = new RedisConnector({ Redis, Cluster }, parseRedisUrl(master.url, false));
  const sentinel = connector.connectToSentinel(
    { host: "127.0.0.1", port: speaker.port },
    { name: "failovers" },
  );
  watch = new SentinelWatch({ sentinels: [sentinel], name: "main", log });
  watch.add(client);
});
afterEach(() => {
  watch.close();
  client.disconnect();
  told.length = 0;
});
afterAll(() => Promise.all([speaker, master].map((server) => server.stop())));

async function say(message: string): Promise<void> {
  const publish = (): Promise<unknown> =>
    withRedis(speaker.url, (raw) => raw.publish("+switch-master", message));
  await eventually("the watch listens", async () => (await publish()) === 1);
}

it("ends a connection that leads to another server than the new master", async () => {
  const before = await client.client("ID");
  await say(`main 127.0.0.1 ${master.port} 127.0.0.1 1`);
  await eventually("it is made anew", async () => (await client.client("ID")) > before);
  expect(told).toEqual(["the sentinels name another master"]);
});

it("leaves one alone that leads to the new master, and ones to masters of other names", async () => {
  const before = await client.client("ID");
  await say(`main 127.0.0.1 1 127.0.0.1 ${master.port}`);
  await say(`other 127.0.0.1 ${master.port} 127.0.0.1 1`);
  expect(await client.client("ID")).toBe(before);
  expect(told).toEqual([]);
});

it("listens again when the sentinel is back", async () => {
  await speaker.kill();
  await speaker.start();
  await say(`main 127.0.0.1 ${master.port} 127.0.0.1 1`);
  expect(await eventually("it is heard", () => told[0])).toBe("the sentinels name another master");
});

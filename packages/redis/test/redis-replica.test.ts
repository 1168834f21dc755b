import type { StatusStore } from "@statusplane/core";
import { freshRef, PATIENT, pending, processing } from "@statusplane/core/testing/status-store";
import { eventually, startRedisCluster, withRedis, type RedisCluster } from "@statusplane/test-support";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRedisStatusStore } from "../src/index.ts";

let cluster: RedisCluster;
let store: StatusStore;
beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 1, replicasPerMaster: 1, nodeTimeoutMs: 500 });
  // a client learns of a replica from its master, which tells of it once something was replicated
  const [master] = await cluster.masters();
  await eventually("the master tells of its replica", async () => {
    const ranges = await withRedis(master?.url ?? "", async (redis) => {
      await redis.set("any", "");
      return redis.call("CLUSTER", "SLOTS");
    });
    return Array.isArray(ranges) && ranges.every((range) => Array.isArray(range) && range.length > 3);
  });
  store = await openRedisStatusStore({ url: cluster.url, cluster: true, timings: PATIENT });
}, 60_000);
afterAll(async () => {
  await store?.close();
  await cluster?.stop();
});

it("a replica, which may lag, is never read: no poll takes a step back", async () => {
  const { writer, reader, feed } = store;
  const [master] = await cluster.masters();
  const [replica] = await cluster.replicasOf(master?.port ?? 0);
  if (replica === undefined) throw new Error("the master has no replica");
  await withRedis(replica.url, (redis) => redis.config("RESETSTAT"));
  const refs = Array.from({ length: 20 }, () => freshRef());
  for (const ref of refs) await writer.write("announce", pending(ref));
  for (let version = 1; version <= 20; version++) {
    const kind = version === 1 ? "announce" : "progress";
    for (const ref of refs) await writer.write(kind, processing(ref, 1, version));
    const versions = (await reader.readMany(refs)).map((snapshot) => snapshot?.version);
    expect(versions).toEqual(refs.map(() => version));
  }
  await reader.readActive(refs[0]?.tenant ?? "", 10);
  await reader.readUnready(["scan"]);
  await (await feed.subscribe(refs, () => undefined)).close();
  const stats = await withRedis(replica.url, (redis) => redis.info("commandstats"));
  expect(stats).toMatch(/^cmdstat_set:/m); // it does follow: what is written arrives there
  expect(stats).not.toMatch(/^cmdstat_(?:get|mget|hgetall|zcard|zrevrange):/m);
});

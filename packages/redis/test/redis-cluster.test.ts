import { jobKeys } from "@statusplane/core";
import {
  describeStatusStore,
  freshRef,
  type Life,
  type OpenedStore,
  PATIENT,
  pending,
} from "@statusplane/core/testing/status-store";
import { startRedisCluster, type RedisCluster } from "@statusplane/test-support";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRedisStatusStore } from "../src/index.ts";

let cluster: RedisCluster;
let raw: Cluster;
beforeAll(async () => {
  // what one master has is then not refused by the others while it is away
  cluster = await startRedisCluster({ args: ["--cluster-require-full-coverage", "no"] });
  raw = new Cluster(cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port })));
});
afterAll(async () => {
  raw.disconnect();
  await cluster.stop();
});

describeStatusStore("Redis Cluster", async (options = {}): Promise<OpenedStore> => {
  const store = await openRedisStatusStore({ timings: PATIENT, ...options, url: cluster.url, cluster: true });
  const life = async (key: string): Promise<Life> => {
    const ttl = await raw.ttl(key);
    return ttl === -2 ? "absent" : ttl === -1 ? "none" : ttl;
  };
  return {
    store,
    async life(ref) {
      const keys = jobKeys(ref, true);
      return {
        status: await life(keys.status),
        progress: await life(keys.progress),
        result: await life(keys.result),
      };
    },
    async hash(ref) {
      const hash = await raw.hgetall(jobKeys(ref, true).progress);
      return Object.keys(hash).length === 0 ? null : hash;
    },
    flush: async () => void (await Promise.all(raw.nodes("master").map((node) => node.flushall()))),
    close: () => store.close(),
  };
});

describe("in a Redis Cluster", () => {
  it("there are sentinels on each master, and none is missing when slots get another one", async () => {
    const store = await openRedisStatusStore({ url: cluster.url, cluster: true, timings: PATIENT });
    try {
      const { installation } = store;
      const seven = { tick: 7, tickedAtMs: 8 };
      expect(await installation.writeSentinels(seven, await installation.readSentinels())).toBe(true);
      const masters = raw.nodes("master");
      const held = await Promise.all(masters.map((node) => node.keys("statusplane:sentinel:*")));
      expect(Math.min(...held.map((keys) => keys.length))).toBeGreaterThan(0);
      expect(await cluster.reshard(5)).toHaveLength(5);
      const read = await installation.readSentinels();
      expect(read.every((sentinel) => sentinel?.tick === 7)).toBe(true);
      expect(await installation.writeSentinels({ ...seven, tick: 8 }, read)).toBe(true);
      await masters[1]?.flushall();
      const after = await installation.readSentinels();
      expect(new Set(after.map((sentinel) => sentinel?.tick))).toEqual(new Set([8, undefined]));
    } finally {
      await store.close();
    }
  });

  it("a job's id is a hash tag, and a batch reaches every master", async () => {
    const store = await openRedisStatusStore({ url: cluster.url, cluster: true, timings: PATIENT });
    try {
      const refs = Array.from({ length: 60 }, () => freshRef());
      await Promise.all(refs.map((ref) => store.writer.write("announce", pending(ref))));
      const perMaster = await Promise.all(
        raw.nodes("master").map((node) => node.keys(`tenant:t${process.pid}:video:{*}:status`)),
      );
      for (const keys of perMaster) expect(keys.length).toBeGreaterThan(0);
      expect((await store.reader.readMany(refs)).map((one) => one?.ref)).toEqual(refs);
    } finally {
      await store.close();
    }
  });

  it("a node that is away takes nothing along that others answer", async () => {
    const store = await openRedisStatusStore({ url: cluster.url, cluster: true, timings: PATIENT });
    const [victim] = await cluster.masters();
    try {
      const refs = Array.from({ length: 30 }, () => freshRef());
      await Promise.all(refs.map((ref) => store.writer.write("announce", pending(ref))));
      const owners = await Promise.all(refs.map((ref) => cluster.ownerOf(jobKeys(ref, true).status)));
      const expected = owners.map((owner) => (owner === victim ? "rejected" : "fulfilled"));
      expect(new Set(expected).size).toBe(2);
      const witness = new Redis(victim?.port ?? 0, "127.0.0.1", { retryStrategy: null });
      await witness.ping();
      const gone = new Promise((resolve) => witness.once("end", resolve));
      await victim?.kill();
      await gone;
      // the first call after the connection is gone, when the client has only the other two nodes
      await expect(store.installation.ping()).rejects.toMatchObject({ code: "store_unavailable" });
      for (let turn = 0; turn < 3; turn++) {
        const reads = await Promise.allSettled(refs.map((ref) => store.reader.read(ref)));
        expect(reads.map(({ status }) => status)).toEqual(expected);
      }
      const listening = refs.filter((_, i) => owners[i] !== victim);
      await (await store.feed.subscribe(listening, () => undefined)).close();
    } finally {
      await store.close();
      await victim?.start();
      await cluster.settled();
    }
  });
});

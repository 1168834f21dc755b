import {
  DEFAULT_TIMINGS,
  jobKeys,
  parseRedisUrl,
  type JobRef,
  type StatusStore,
  type StoredSnapshot,
} from "@statusplane/core";
import { freshRef, pending, processing, succeeded } from "@statusplane/core/testing/status-store";
import {
  eventually,
  startRedisSentinel,
  withRedis,
  type RedisSentinel,
  type RedisServer,
} from "@statusplane/test-support";
import { Cluster, Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRedisStatusStore } from "../src/index.ts";
import { closeClient, RedisConnector } from "../src/connections/redis-connector.ts";
import { callEverything, untilEverythingAnswers } from "./failover-calls.ts";

/** Nothing is found by reading again from time to time: what is told was pushed, or read after subscribing again. */
const PUSH_ONLY = { ...DEFAULT_TIMINGS, rereadMs: 600_000 };

let redis: RedisSentinel;
let store: StatusStore;
beforeAll(async () => {
  redis = await startRedisSentinel();
});
beforeEach(async () => {
  store = await openRedisStatusStore({ url: redis.url, timings: PUSH_ONLY });
});
afterEach(async () => {
  await store.close();
  for (const one of [...redis.servers, ...redis.sentinels]) {
    one.resume();
    if (one.pid === 0) await one.start();
  }
  await redis.settled();
});
afterAll(() => redis.stop());

/** Repeats a call while the store does not answer. */
function answered<T extends object>(call: () => Promise<T>): Promise<T> {
  return eventually("the store answers", call);
}

/** Announces a running job and answers what a listener was told of it last. */
async function watchedJob(): Promise<{ readonly ref: JobRef; readonly told: () => number | undefined }> {
  const ref = freshRef();
  let last: StoredSnapshot | undefined;
  await answered(() => store.writer.write("announce", processing(ref)));
  await answered(() =>
    store.feed.subscribe([ref], (snapshot) => {
      last = snapshot;
    }),
  );
  return { ref, told: () => last?.version };
}

async function expectPushed(ref: JobRef, told: () => number | undefined, version: number): Promise<void> {
  await answered(() => store.writer.write("progress", processing(ref, 1, version)));
  expect(await eventually(`version ${version} is told`, () => told() === version)).toBe(true);
}

describe("a master that sentinels replace", () => {
  it("when it is killed, is away until another one serves, under the same rules", async () => {
    const { ref, told } = await watchedJob();
    const ended = freshRef();
    await store.writer.write("finish", succeeded(ended));
    const victim = await redis.master();
    await withRedis(victim.url, (raw) => raw.wait(redis.servers.length - 1, 10_000));

    await victim.kill();
    const during = await callEverything(store, ref);
    expect(new Set(Object.values(during))).toEqual(new Set(["store_unavailable"]));
    await untilEverythingAnswers(store, freshRef());

    // the store went by the first sentinel that knew; the one that is asked here may learn of it later
    await eventually("every sentinel names another", async () => (await redis.master()) !== victim);
    expect((await store.reader.read(ended))?.text).toBe(succeeded(ended).text);
    await expectPushed(ref, told, 9);
    const write = async (...args: Parameters<StatusStore["writer"]["write"]>): Promise<string> =>
      (await answered(() => store.writer.write(...args))).answer;
    expect(await write("progress", processing(ref, 1, 8))).toBe("stale");
    expect(await write("announce", pending(ref, 2))).toMatch(/^(accepted|duplicate)$/);
    expect(await write("progress", processing(ref, 1, 10))).toBe("fenced");
    expect(await write("finish", succeeded(ref, 1))).toBe("fenced");
    expect(await write("finish", succeeded(ended))).toBe("duplicate");
  });

  it("when it hangs, is left, and not come back to when it wakes", async () => {
    const { ref, told } = await watchedJob();
    const old = await redis.master();
    old.pause();
    await untilEverythingAnswers(store, freshRef());
    await expectPushed(ref, told, 5);
    old.resume();
    await expectPushed(ref, told, 6);
    const master = await redis.master();
    expect(master).not.toBe(old);
    const text = await withRedis(master.url, (raw) => raw.get(jobKeys(ref).status));
    expect(text).toBe(processing(ref, 1, 6).text);
  });

  it("when somebody asks for it, goes on pushing", async () => {
    const { ref, told } = await watchedJob();
    for (let version = 5; version < 7; version++) {
      await redis.failover();
      await expectPushed(ref, told, version);
      await redis.settled();
    }
  });

  it.each([
    ["hang", (sentinel: RedisServer) => Promise.resolve(sentinel.pause())],
    ["are dead", (sentinel: RedisServer) => sentinel.kill()],
  ])("is found while all sentinels but one %s", async (_, strike) => {
    const { ref, told } = await watchedJob();
    const [, ...others] = redis.sentinels;
    await Promise.all(others.map(strike));
    // every connection is made anew, each by asking sentinels
    const master = await redis.master();
    await withRedis(master.url, (raw) => raw.call("CLIENT", "KILL", "TYPE", "normal"));
    await withRedis(master.url, (raw) => raw.call("CLIENT", "KILL", "TYPE", "pubsub"));
    await untilEverythingAnswers(store, freshRef());
    await expectPushed(ref, told, 5);
  });

  it("is looked for again by a client whose search was interrupted", async () => {
    for (const sentinel of redis.sentinels) sentinel.pause();
    const connector = new RedisConnector({ Redis, Cluster }, parseRedisUrl(redis.url));
    const client = connector.connect("requestOnce", { name: "reader" });
    try {
      const ended = new Promise((resolve) => client.once("end", resolve));
      client.disconnect(true);
      await ended;
      for (const sentinel of redis.sentinels) sentinel.resume();
      expect(await eventually("it is answered", () => client.ping())).toBe("PONG");
    } finally {
      closeClient(client);
    }
  });
});

import { jobRef, StatusplaneError, type StatusStore } from "@statusplane/core";
import {
  freshRef,
  freshTenant,
  fullProgress,
  PATIENT,
  pending,
  processing,
  succeeded,
} from "@statusplane/core/testing/status-store";
import { eventually, startRedis, type RedisServer } from "@statusplane/test-support";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRedisStatusStore } from "../src/index.ts";

let server: RedisServer;
let store: StatusStore;
beforeEach(async () => {
  server = await startRedis();
  store = await openRedisStatusStore({ url: server.url });
});
afterEach(async () => {
  await store.close();
  await server.stop();
});

/** Whether a call answers store_unavailable, with 1–3 s to wait. */
async function isUnavailable(call: Promise<unknown>): Promise<boolean> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StatusplaneError) || error.code !== "store_unavailable") return false;
  return [1, 2, 3].includes(error.retryAfterSeconds ?? 0);
}

/** The calls of every kind that answer anything but store_unavailable. */
async function callsThatAnswer(): Promise<string[]> {
  const ref = freshRef();
  const { writer, reader, feed, installation } = store;
  const calls: Record<string, () => Promise<unknown>> = {
    read: () => reader.read(ref),
    readMany: () => reader.readMany([ref, freshRef()]),
    readResult: () => reader.readResult(ref),
    readActive: () => reader.readActive(ref.tenant, 10),
    readEnded: () => reader.readEnded(ref.tenant),
    readUnready: () => reader.readUnready(["scan"]),
    write: () => writer.write("announce", pending(ref)),
    requestCancel: () => writer.requestCancel(ref, 1),
    watchCancel: () => writer.watchCancel(ref, 1, () => undefined),
    touchActive: () => writer.touchActive([ref]),
    restoreResult: () => writer.restoreResult(ref, 1, "[]"),
    subscribe: () => feed.subscribe([ref], () => undefined),
    watchLists: () => feed.watchLists(freshTenant(), () => undefined),
    ping: () => installation.ping(),
    readSentinels: () => installation.readSentinels(),
    beat: () => installation.beat("me"),
    wake: () => installation.wake(),
    readMemory: () => installation.readMemory(),
  };
  const answering: string[] = [];
  for (const [name, call] of Object.entries(calls)) if (!(await isUnavailable(call()))) answering.push(name);
  return answering;
}

async function untilAllAnswers(): Promise<true> {
  const ref = freshRef();
  await eventually("writes are answered again", async () => {
    const { answer } = await store.writer.write("announce", pending(ref));
    return answer === "accepted" || answer === "duplicate"; // a write that got no answer may have been done
  });
  await eventually("reads are answered again", async () => (await store.reader.read(ref)) !== null);
  return eventually("subscriptions are made again", async () => {
    await (await store.feed.subscribe([ref], () => undefined)).close();
    return true as const;
  });
}

describe("a Redis that does not answer", () => {
  it("hangs: every call is store_unavailable, and all is well when it goes on", async () => {
    server.pause();
    expect(await callsThatAnswer()).toEqual([]);
    server.resume();
    expect(await untilAllAnswers()).toBe(true);
  });

  it("is killed: every call is store_unavailable, and all is well when it is back", async () => {
    await server.kill();
    expect(await callsThatAnswer()).toEqual([]);
    await server.start();
    expect(await untilAllAnswers()).toBe(true);
  });

  it("is killed: what was refused meanwhile is not written in a burst when it is back", async () => {
    await server.kill();
    const refs = Array.from({ length: 40 }, () => freshRef());
    const refused = await Promise.all(
      refs.map((ref) => isUnavailable(store.writer.write("announce", pending(ref)))),
    );
    expect(refused).not.toContain(false);
    await server.start();
    expect(await untilAllAnswers()).toBe(true);
    const found = await eventually("they are read", () => store.reader.readMany(refs));
    expect(found).toEqual(refs.map(() => null));
  });

  it("is killed: who watches a tenant's lists is told what came meanwhile, without asking again", async () => {
    await store.close();
    store = await openRedisStatusStore({ url: server.url, timings: { ...PATIENT, rereadMs: 600_000 } });
    const tenant = freshTenant();
    const told: string[][] = [];
    const end = await store.feed.watchLists(tenant, ({ active }) =>
      told.push(active.snapshots.map(({ ref }) => ref.id)),
    );
    await server.kill();
    await server.start();
    const other = await openRedisStatusStore({ url: server.url, timings: PATIENT });
    try {
      await other.writer.write("announce", pending(jobRef(tenant, "job", "1")));
    } finally {
      await other.close();
    }
    await eventually("it is told", () => told.length === 2);
    expect(told).toEqual([[], ["1"]]);
    await end();
  });

  it("after some failures is not asked any more, until it answers again", async () => {
    server.pause();
    await eventually("a call fails without asking", async () => {
      const error: unknown = await store.reader
        .readResult(freshRef("job"))
        .catch((reason: unknown) => reason);
      // What Redis or the connection said would be its cause.
      return error instanceof StatusplaneError && error.cause === undefined;
    });
    server.resume();
    expect(await untilAllAnswers()).toBe(true);
  });

  it("at start is no error: calls are answered once it is there", async () => {
    await server.kill();
    const early = await openRedisStatusStore({ url: server.url });
    try {
      expect(await isUnavailable(early.reader.read(freshRef()))).toBe(true);
      await server.start();
      await eventually("reads are answered", async () => (await early.reader.read(freshRef())) === null);
      await eventually("writes are answered", () => early.writer.write("announce", pending(freshRef())));
    } finally {
      await early.close();
    }
  });
});

describe("a Redis whose memory is full", () => {
  it("answers store_unavailable to a finish and leaves the running snapshot whole", async () => {
    const raw = new Redis(server.url);
    await store.close();
    store = await openRedisStatusStore({ url: server.url, timings: PATIENT });
    try {
      const ref = freshRef();
      const running = processing(ref, 1, 2, fullProgress);
      await store.writer.write("announce", running);
      await store.writer.requestCancel(ref, 1);
      await raw.config("SET", "maxmemory", "1mb", "maxmemory-policy", "noeviction");
      expect(await store.installation.readMemory()).toMatchObject({
        maxBytes: 1_048_576,
        policy: "noeviction",
      });
      expect(await isUnavailable(store.writer.write("finish", succeeded(ref)))).toBe(true);
      expect((await store.reader.read(ref))?.text).toBe(running.text);
      await raw.config("SET", "maxmemory", "0");
      const reply = await store.writer.write("progress", processing(ref, 1, 3));
      expect(reply).toEqual({ answer: "accepted", cancelRequested: true });
    } finally {
      raw.disconnect();
    }
  });
});

import type { DeliveryOutcome } from "@statusplane/core";
import { createBullmqQueue, type BullmqQueue } from "@statusplane/redis/bullmq";
import { eventually, freePort, startRedis, type RedisServer } from "@statusplane/test-support";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { delivery, depthOf, describeJobQueue, recordAll } from "@statusplane/core/testing/job-queue";

let server: RedisServer;
let admin: Redis;
const PREFIX = "statusplane:queue";

beforeAll(async () => {
  server = await startRedis(["--appendonly", "yes"]);
  admin = new Redis(server.port, "127.0.0.1");
  admin.on("error", () => undefined); // some tests take the server away
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

async function openEmpty(): Promise<BullmqQueue> {
  await admin.flushall();
  return createBullmqQueue({ url: server.url, deadlineMs: 2_000, lockMs: 1_000 });
}

describeJobQueue("bullmq on a real Redis", openEmpty);

describe("the BullMQ queue", () => {
  const opened: BullmqQueue[] = [];
  const open = async (): Promise<BullmqQueue> => {
    const queue = await openEmpty();
    opened.push(queue);
    return queue;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close()));
  });

  it("keeps nothing of a delivery that was acknowledged", async () => {
    const queue = await open();
    const seen = await recordAll(queue);
    await queue.enqueue(delivery("a"));
    await eventually("it was delivered", () => seen.length === 1);
    await eventually("its key is gone", async () => (await admin.exists(`${PREFIX}:count:7.job.a.1`)) === 0);
    expect(await admin.zcard(`${PREFIX}:count:completed`)).toBe(0);
  });

  it("consumes also when a third of a lease is no whole number of milliseconds", async () => {
    await admin.flushall();
    const queue = await createBullmqQueue({ url: server.url, deadlineMs: 2_000, lockMs: 10_000 / 3 });
    opened.push(queue);
    const seen = await recordAll(queue);
    await queue.enqueue(delivery("a"));
    await eventually("it was delivered", () => seen.length === 1);
  });

  it("brings a delivery again whose consumer died before it acknowledged, however often that happened", async () => {
    const queue = await open();
    await queue.enqueue(delivery("a"));
    await admin.hset(`${PREFIX}:count:7.job.a.1`, "stc", 1_000); // as BullMQ counts them: its own verdict would be to drop it
    const dying = new Redis(server.port, "127.0.0.1", { maxRetriesPerRequest: null });
    dying.on("error", () => undefined); // it is cut off on purpose
    const dead = new Worker("count", null, { connection: dying, prefix: PREFIX, lockDuration: 1_000 });
    expect((await dead.getNextJob("token"))?.id).toBe("7.job.a.1");
    await dead.close(true);
    dying.disconnect();
    const seen = await recordAll(queue);
    await eventually("it came again", () => seen.length === 1);
  });

  it("brings a dead consumer's delivery again although Redis' clock was set back by an hour", async () => {
    const queue = await open();
    await queue.enqueue(delivery("a"));
    const dying = new Redis(server.url, { maxRetriesPerRequest: null });
    dying.on("error", () => undefined); // it is cut off on purpose
    const dead = new Worker("count", null, { connection: dying, prefix: PREFIX, lockDuration: 1_000 });
    expect((await dead.getNextJob("token"))?.id).toBe("7.job.a.1");
    await dead.close(true);
    dying.disconnect();
    expect(await admin.pexpire(`${PREFIX}:count:7.job.a.1:lock`, 3_600_000)).toBe(1);
    await admin.set(`${PREFIX}:count:stalled-check`, 1, "PX", 3_600_000);
    const seen = await recordAll(queue);
    await eventually("it came again", () => seen.length === 1);
  });

  it("brings forward what a clock that is a day ahead has put off, once its time has come", async () => {
    const queue = await open();
    const ahead = new Queue("count", { connection: admin, prefix: PREFIX });
    const { ref, attempt } = delivery("a");
    const timestamp = Date.now() + 86_400_000;
    await ahead.add("count", { ...ref, attempt }, { jobId: "7.job.a.1", timestamp, delay: 1 });
    await ahead.close();
    const seen = await recordAll(queue);
    await queue.enqueue(delivery("a"), 60_000); // not yet its time: stays as it is
    expect([await depthOf(queue), seen.length]).toEqual([1, 0]);
    await queue.enqueue(delivery("a"));
    await eventually("it was delivered", () => seen.length === 1);
    expect(seen).toMatchObject([{ ref, attempt: 1 }]);
  });

  it("acknowledges a delivery that names no job, and says so", async () => {
    await admin.flushall();
    const malformed: string[] = [];
    const queue = await createBullmqQueue({ url: server.url, onMalformed: (id) => malformed.push(id) });
    opened.push(queue);
    const forger = new Queue("count", { connection: admin, prefix: PREFIX });
    await forger.add("count", { tenant: "7:video", kind: "job", id: "a", attempt: 1 }, { jobId: "forged" });
    await forger.close();
    const seen = await recordAll(queue);
    await queue.enqueue(delivery("a"));
    await eventually("the good one was delivered", () => seen.length === 1);
    expect(malformed).toEqual(["forged"]);
    await eventually("the forged one is gone", async () => (await depthOf(queue)) === 0);
  });

  it("rejects an enqueue with queue_unavailable while its Redis hangs, and works when it is back", async () => {
    await admin.flushall();
    const queue = await createBullmqQueue({ url: server.url, deadlineMs: 200 });
    opened.push(queue);
    await eventually("it is connected", async () => {
      await queue.enqueue(delivery("a"));
      return true;
    });
    server.pause();
    try {
      await expect(queue.enqueue(delivery("b"))).rejects.toMatchObject({ code: "queue_unavailable" });
    } finally {
      server.resume();
    }
    await eventually("it enqueues again", async () => {
      await queue.enqueue(delivery("c"));
      return true;
    });
  });

  it("goes on consuming and enqueuing after its Redis was killed and came back", async () => {
    const queue = await open();
    const seen = await recordAll(queue);
    await queue.enqueue(delivery("a"));
    await eventually("it consumes", () => seen.length === 1);
    await server.kill();
    await expect(queue.enqueue(delivery("b"))).rejects.toMatchObject({ code: "queue_unavailable" });
    await server.start();
    await eventually("it enqueues again", async () => {
      await queue.enqueue(delivery("c"));
      return true;
    });
    await eventually("it consumes again", () => seen.some(({ ref }) => ref.id === "c"));
  });

  it("closes although its Redis was killed, with a delivery that could not be given back", async () => {
    const queue = await open();
    let begun = false;
    let end: (outcome: DeliveryOutcome) => void = () => undefined;
    const ended = new Promise<DeliveryOutcome>((resolve) => {
      end = resolve;
    });
    await queue.consume({
      jobType: "count",
      concurrency: 1,
      handle: () => {
        begun = true;
        return ended;
      },
    });
    await queue.enqueue(delivery("a"));
    await eventually("it is being handled", () => begun);
    await server.kill();
    try {
      end({ outcome: "give-back", delayMs: 0 });
      await queue.close();
    } finally {
      await server.start();
    }
    await expect(queue.enqueue(delivery("b"))).rejects.toMatchObject({ code: "queue_unavailable" });
  });

  it("closes although its Redis never answered", async () => {
    const queue = await createBullmqQueue({ url: `redis://127.0.0.1:${await freePort()}` });
    await recordAll(queue);
    await queue.close();
    await expect(queue.enqueue(delivery("b"))).rejects.toMatchObject({ code: "queue_unavailable" });
  });

  it("keeps the reconciler's sentinel in its own Redis", async () => {
    const queue = await open();
    expect(await queue.sentinel?.readSentinels()).toEqual([null]);
    const five = { tick: 5, tickedAtMs: 1_800_000_000_000 };
    expect(await queue.sentinel?.writeSentinels(five, [null])).toBe(true);
    expect(await queue.sentinel?.writeSentinels({ ...five, tick: 6 }, [null])).toBe(false);
    expect(await queue.sentinel?.readSentinels()).toEqual([five]);
    await admin.flushall();
    expect(await queue.sentinel?.writeSentinels({ ...five, tick: 6 }, [five])).toBe(false);
    expect(await queue.sentinel?.readSentinels()).toEqual([null]);
  });

  it("tells the eviction policy of its Redis", async () => {
    const queue = await open();
    expect(await queue.checkPolicy()).toBe("noeviction");
    await admin.config("SET", "maxmemory-policy", "allkeys-lru");
    expect(await queue.checkPolicy()).toBe("allkeys-lru");
    await admin.config("SET", "maxmemory-policy", "noeviction");
  });
});

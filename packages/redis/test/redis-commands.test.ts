import {
  DEFAULT_TIMINGS,
  ENDED_LIFE_SECONDS,
  jobKeys,
  jobRef,
  MAX_ENDED,
  OWN_KEYS,
  tenantKeys,
  type JobRef,
  type StatusStore,
  type StoredSnapshot,
} from "@statusplane/core";
import {
  endedAt,
  freshRef,
  PATIENT,
  pending,
  processing,
  succeeded,
} from "@statusplane/core/testing/status-store";
import { eventually, startRedis, type RedisServer } from "@statusplane/test-support";
import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readScript } from "../src/connections/read-script.ts";
import { openRedisStatusStore, type RedisStatusStoreOptions } from "../src/index.ts";

let server: RedisServer;
let raw: Redis;
const stores: StatusStore[] = [];
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(async () => {
  raw = new Redis(server.url);
  await raw.flushall();
});
afterEach(async () => {
  raw.disconnect();
  for (const store of stores.splice(0)) await store.close();
});
afterAll(() => server.stop());

async function open(options: Partial<RedisStatusStoreOptions> = {}): Promise<StatusStore> {
  const store = await openRedisStatusStore({ url: server.url, timings: PATIENT, ...options });
  stores.push(store);
  return store;
}

/** How often Redis has executed a command since CONFIG RESETSTAT. */
async function calls(command: string): Promise<number> {
  const line = new RegExp(`^cmdstat_${command}:calls=(\\d+)`, "m").exec(await raw.info("commandstats"));
  return Number(line?.[1] ?? 0);
}

describe("a write by any caller of the script", () => {
  const script = readScript("status-store/lua/write.lua");
  const write = (
    ref: JobRef,
    kind: string,
    version: number,
    fields: readonly string[],
    count = fields.length,
  ) => {
    const { status, progress, result, events } = jobKeys(ref);
    const text = `{"attempt":1,"version":${version},"status":"PROCESSING","x":1}`;
    const args = [kind, text, 60, events, "PUBLISH", "", count, ...fields];
    return raw.eval(script, 3, status, progress, result, ...args);
  };

  it("of a PROCESSING snapshot without a field for the hash is done, whole", async () => {
    const ref = freshRef();
    const { status, progress } = jobKeys(ref);
    expect(await write(ref, "announce", 1, [])).toEqual(["accepted", 0]);
    expect([await raw.ttl(status), await raw.exists(progress)]).toEqual([60, 0]);
    expect(await write(ref, "progress", 2, ["percent", "5"])).toEqual(["accepted", 0]);
    expect(await write(ref, "progress", 3, [])).toEqual(["accepted", 0]);
    expect(await raw.hgetall(progress)).toEqual({ percent: "5" });
    expect(await raw.ttl(progress)).toBe(60);
  });

  it("of a field without a value is refused, and nothing is written", async () => {
    const ref = freshRef();
    await expect(write(ref, "announce", 1, ["percent"])).rejects.toThrow("REFUSED");
    expect(await raw.keys("*")).toEqual([]);
  });
});

describe("the beat", () => {
  it("of a leader from before Redis' clock was set back is none", async () => {
    const { installation } = await open();
    await installation.beat("leader");
    expect(await installation.readBeat()).toMatchObject({ owner: "leader" });
    await raw.pexpire(OWN_KEYS.reconciler, 3_600_000 + PATIENT.beatStaleMs * 10);
    expect(await installation.readBeat()).toBeNull();
    await installation.beat("successor");
    expect(await installation.readBeat()).toMatchObject({ owner: "successor" });
  });
});

describe("reads", () => {
  it("of one event-loop turn are one MGET, each key once", async () => {
    const { reader } = await open();
    const refs = Array.from({ length: 40 }, () => freshRef());
    await raw.config("RESETSTAT");
    await Promise.all(
      [...refs, ...refs].map((ref) => reader.read(ref)).concat(reader.readMany(refs).then(() => null)),
    );
    expect(await calls("mget")).toBe(1);
    expect(await calls("get")).toBe(0);
    await reader.read(freshRef());
    expect(await calls("mget")).toBe(2);
  });

  it("of more than 500 keys are several MGETs", async () => {
    const { reader } = await open();
    await raw.config("RESETSTAT");
    await reader.readMany(Array.from({ length: 1_001 }, () => freshRef()));
    expect(await calls("mget")).toBe(3);
  });
});

describe("the guarded write", () => {
  it("is one command that publishes the stored text, and a refused one publishes nothing", async () => {
    const { writer } = await open();
    const ref = freshRef();
    const subscriber = new Redis(server.url);
    const heard: string[] = [];
    subscriber.on("message", (_channel: string, text: string) => heard.push(text));
    await subscriber.subscribe(jobKeys(ref).events);
    await writer.write("announce", pending(ref));
    await raw.config("RESETSTAT");
    const snapshots = [
      processing(ref, 1, 3),
      processing(ref, 1, 2),
      processing(ref, 1, 3),
      processing(ref, 1, 4),
    ];
    for (const snapshot of snapshots) await writer.write("progress", snapshot);
    expect(await calls("evalsha")).toBe(4);
    expect(await calls("eval")).toBe(0);
    await writer.write("finish", succeeded(ref));
    await eventually("the end is heard", () => heard.at(-1) === succeeded(ref).text);
    expect(heard).toEqual([pending(ref).text, snapshots[0]?.text, snapshots[3]?.text, succeeded(ref).text]);
    subscriber.disconnect();
  });

  it("survives the loss of Redis' scripts", async () => {
    const { writer } = await open();
    const ref = freshRef();
    await writer.write("announce", pending(ref));
    await raw.script("FLUSH");
    expect(await writer.write("announce", processing(ref))).toMatchObject({ answer: "accepted" });
  });

  it.each([
    ["a status that does not fit the kind", "progress", pending, 10],
    ["a terminal status in a progress write", "progress", succeeded, 0],
    ["a live snapshot without a TTL", "announce", pending, 0],
    ["a text without the head", "announce", () => ({ text: '{"status": "PROCESSING"}' }), 10],
  ] as const)("refuses %s, whoever calls the script", async (_name, kind, make, ttl) => {
    const lua = readFileSync(new URL("../src/status-store/lua/write.lua", import.meta.url), "utf8");
    const ref = freshRef();
    const { status, progress, result, events } = jobKeys(ref);
    const { text } = make(ref);
    const call = raw.eval(lua, 3, status, progress, result, kind, text, ttl, events, "PUBLISH", "", 0);
    await expect(call).rejects.toThrow(/^REFUSED/);
    expect(await raw.exists(status, progress, result)).toBe(0);
  });
});

describe("an active list", () => {
  it("has a life of its own, and loses what showed no sign of life for that time", async () => {
    const { writer } = await open();
    const ref = jobRef("active-life", "job", "1");
    const key = tenantKeys(ref.tenant).active;
    const { liveTtlSeconds } = DEFAULT_TIMINGS;
    await raw.zadd(key, String(Date.now() - liveTtlSeconds * 1_000 - 1), "job:old");
    await writer.touchActive([ref]);
    expect(await raw.zrange(key, "0", "-1")).toEqual(["job:1"]);
    expect(await raw.ttl(key)).toBeGreaterThan(liveTtlSeconds - 60);
  });

  it("keeps a long job, and takes no writer's word for what time it is", async () => {
    const { writer } = await open();
    const ref = jobRef("active-long", "job", "1");
    const { active } = tenantKeys(ref.tenant);
    const long = DEFAULT_TIMINGS.liveTtlSeconds * 1_000 * 0.75;
    for (const since of [Date.now() - long, Date.now() + long]) {
      await raw.zadd(active, String(since), "job:1");
      await writer.touchActive([ref]);
      expect(Math.abs(Date.now() - Number(await raw.zscore(active, "job:1")))).toBeLessThan(60_000);
    }
  });

  it("is rid of what is not live by whoever reads it, but not of what came back meanwhile", async () => {
    const { reader } = await open();
    const key = tenantKeys("active-drop").active;
    await raw.zadd(key, "1", "job:gone", "2", "nonsense", "3", "video:a b");
    expect(await reader.readActive("active-drop", 5)).toEqual({ snapshots: [], more: 0 });
    await eventually("the dead members are removed", async () => (await raw.zcard(key)) === 0);
    const lua = readFileSync(new URL("../src/status-store/lua/drop-active.lua", import.meta.url), "utf8");
    await raw.zadd(key, "5", "job:back", "6", "job:gone");
    expect(await raw.eval(lua, 1, key, "job:back", "4", "job:gone", "6")).toBe(1);
    expect(await raw.zrange(key, "0", "-1")).toEqual(["job:back"]);
  });
});

describe("a tenant's lists", () => {
  it("are published once per change, and not where nothing has changed", async () => {
    const { writer } = await open();
    const ref = jobRef("hinted", "job", "1");
    const now = Date.now();
    const subscriber = new Redis(server.url);
    let hints = 0;
    subscriber.on("message", () => (hints += 1));
    await subscriber.subscribe(tenantKeys(ref.tenant).lists);
    const changes = [
      () => writer.write("announce", pending(ref)),
      () => writer.write("finish", endedAt(now, ref)),
      () => writer.write("announce", pending(ref, 2)),
      () => writer.write("finish", endedAt(now + 1, ref, 2)),
      () => writer.remove(ref),
    ];
    for (const [i, change] of changes.entries()) {
      await change();
      await eventually("it is published", () => hints === i + 1);
      if (i !== 1) continue;
      for (let again = 0; again < 5; again++) await writer.write("finish", endedAt(now, ref));
    }
    expect(hints).toBe(changes.length);
    subscriber.disconnect();
  });

  it("live as long as they say, and hold no more than they should", async () => {
    const { writer } = await open();
    const tenant = "bounded";
    const { active, ended } = tenantKeys(tenant);
    const now = Date.now();
    const refs = Array.from({ length: MAX_ENDED + 30 }, (_, i) => jobRef(tenant, "job", String(i)));
    for (const [i, ref] of refs.entries()) await writer.write("finish", endedAt(now - i, ref));
    await writer.write("finish", endedAt(now - ENDED_LIFE_SECONDS * 1_000 - 1, jobRef(tenant, "job", "old")));
    await eventually("the last is dealt with", async () => (await raw.zcard(ended)) === MAX_ENDED);
    expect(await raw.zscore(ended, "job:0")).toBe(String(now));
    expect(await raw.ttl(ended)).toBeGreaterThan(ENDED_LIFE_SECONDS - 60);
    expect(await raw.exists(active)).toBe(0);
  });

  it("lost apart from the jobs, come back by signs of life and by ends that are told again", async () => {
    const { writer, reader, feed } = await open();
    const [running, over] = [jobRef("lost-lists", "job", "1"), jobRef("lost-lists", "job", "2")];
    const { active, ended } = tenantKeys(running.tenant);
    const end = endedAt(Date.now(), over);
    await writer.write("announce", processing(running));
    await writer.write("finish", end);
    await raw.del(active, ended);
    const told: string[] = [];
    const leave = await feed.watchLists(running.tenant, (lists) =>
      told.push(`${lists.active.snapshots.length} live, ${lists.ended.length} ended`),
    );
    expect(await reader.readEnded(running.tenant)).toEqual([]);
    await writer.touchActive([running]);
    await eventually("the live one is told", () => told.at(-1) === "1 live, 0 ended");
    expect(await writer.write("finish", end)).toMatchObject({ answer: "duplicate" });
    await eventually("the end is told", () => told.at(-1) === "1 live, 1 ended");
    await leave();
  });

  it("are read from time to time, and so a change is found whose hint was lost", async () => {
    const { feed } = await open({ timings: { ...PATIENT, rereadMs: 50 } });
    const ref = jobRef("unhinted", "job", "1");
    const { ended } = tenantKeys(ref.tenant);
    const told: unknown[] = [];
    const end = await feed.watchLists(ref.tenant, (lists) => told.push(lists.ended));
    const endedAtMs = Date.now();
    await raw.zadd(
      ended,
      String(endedAtMs),
      "job:1",
      String(endedAtMs),
      "nonsense",
      String(endedAtMs),
      "video:a b",
    );
    await eventually("it is told", () => told.length === 2);
    expect(told).toEqual([[], [{ ref, endedAtMs }]]);
    await end();
  });

  it("are subscribed to once, however many watch, and no more after the last", async () => {
    const { feed } = await open();
    const { lists } = tenantKeys("crowded");
    const subscribers = async (): Promise<unknown> => (await raw.pubsub("NUMSUB", lists))[1];
    await raw.config("RESETSTAT");
    const ends = await Promise.all(
      Array.from({ length: 50 }, () => feed.watchLists("crowded", () => undefined)),
    );
    expect([await subscribers(), await calls("zrevrange")]).toEqual([1, 2]);
    for (const end of ends) await end();
    await eventually("nobody listens any more", async () => (await subscribers()) === 0);
  });
});

describe("the feed", () => {
  it("reads again after its connection was lost, and tells what it missed", async () => {
    const { writer, feed } = await open();
    const ref = freshRef();
    await writer.write("announce", processing(ref));
    const seen: StoredSnapshot[] = [];
    await feed.subscribe([ref], (snapshot) => seen.push(snapshot));
    await Promise.all([
      raw.call("CLIENT", "KILL", "TYPE", "pubsub"),
      writer.write("progress", processing(ref, 1, 2)),
    ]);
    await eventually("the missed snapshot is told", () => seen.at(-1)?.version === 2);
    await eventually("it is subscribed again", async () => {
      const [, subscribers] = (await raw.pubsub("NUMSUB", jobKeys(ref).events)) as [string, number];
      return subscribers === 1;
    });
    await writer.write("progress", processing(ref, 1, 3));
    await eventually("news comes again", () => seen.at(-1)?.version === 3);
    expect(seen.map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  it("reads everything watched again from time to time, and so finds what was never published", async () => {
    const { feed } = await open({ timings: { ...PATIENT, rereadMs: 50 } });
    const ref = freshRef();
    const seen: string[] = [];
    await feed.subscribe([ref], ({ text }) => seen.push(text));
    await raw.set(jobKeys(ref).status, processing(ref).text);
    await eventually("it is told", () => seen[0] === processing(ref).text);
  });

  it("tells nothing twice, however often it reads again", async () => {
    const { writer, feed } = await open({ timings: { ...PATIENT, rereadMs: 20 } });
    const ref = freshRef();
    await writer.write("announce", processing(ref, 1, 3));
    const seen: number[] = [];
    await feed.subscribe([ref], ({ version }) => seen.push(version));
    await raw.config("RESETSTAT");
    await eventually("it has read again", async () => (await calls("mget")) >= 3);
    await writer.write("progress", processing(ref, 1, 4));
    await eventually("news comes", () => seen.includes(4));
    expect(seen).toEqual([3, 4]);
  });

  it("ends all subscriptions of one turn by one command, but for a job that somebody watches again in it", async () => {
    const { feed, writer } = await open();
    const refs = Array.from({ length: 50 }, () => freshRef());
    const subscriptions = await Promise.all(refs.map((ref) => feed.subscribe([ref], () => undefined)));
    await raw.config("RESETSTAT");
    for (const subscription of subscriptions) void subscription.close();
    await Promise.resolve(); // all of them have left by now
    const [kept = freshRef()] = refs;
    const seen: number[] = [];
    await feed.subscribe([kept], ({ version }) => seen.push(version));
    const subscribers = async (): Promise<number> => {
      const told = await raw.pubsub("NUMSUB", ...refs.map((ref) => jobKeys(ref).events));
      return told.reduce((sum: number, count) => sum + (typeof count === "number" ? count : 0), 0);
    };
    await eventually("the others have no subscriber any more", async () => (await subscribers()) === 1);
    expect(await calls("unsubscribe")).toBe(1);
    await writer.write("announce", pending(kept));
    await eventually("it is heard", () => seen.length === 1);
  });

  it("subscribes to each channel once, and ends that with the last subscription", async () => {
    const { feed } = await open();
    const ref = freshRef();
    const subscribers = async (): Promise<unknown> => (await raw.pubsub("NUMSUB", jobKeys(ref).events))[1];
    const [first, second] = [
      await feed.subscribe([ref], () => undefined),
      await feed.subscribe([ref], () => undefined),
    ];
    expect(await subscribers()).toBe(1);
    await first.close();
    expect(await subscribers()).toBe(1);
    await second.close();
    await eventually("nobody listens any more", async () => (await subscribers()) === 0);
  });
});

describe("connections", () => {
  it("are three, one of them for all subscriptions, however many watch", async () => {
    const { feed, writer } = await open();
    for (let i = 0; i < 30; i++) await feed.subscribe([freshRef(), freshRef()], () => undefined);
    await writer.watchCancel(freshRef(), 1, () => undefined);
    const names = [...String(await raw.client("LIST")).matchAll(/ name=(statusplane-\w+)/g)].map(
      ([, name]) => name,
    );
    expect(names.sort()).toEqual(["statusplane-reader", "statusplane-subscriber", "statusplane-writer"]);
  });
});

describe("what metrics count", () => {
  it("is told of each answer, and of lost hints", async () => {
    const counted: string[] = [];
    const { writer } = await open({
      counters: {
        onWrite: (kind, answer) => counted.push(`${kind} ${answer}`),
        onHintLost: () => counted.push("hint lost"),
      },
    });
    const ref = jobRef("counted", "job", "1");
    await raw.set(tenantKeys(ref.tenant).active, "of another type");
    await writer.write("announce", pending(ref));
    await writer.write("progress", processing(ref, 2, 5));
    await eventually("the lost hint is counted", () => counted.length === 3);
    expect(counted.sort()).toEqual(["announce accepted", "hint lost", "progress absent"]);
  });
});

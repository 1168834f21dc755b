import { parseRedisUrl } from "@statusplane/core";
import { eventually, startRedisCluster, withRedis, type RedisCluster } from "@statusplane/test-support";
import { Cluster, Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { readSlotRanges, slotOf, type SlotRange } from "../src/status-store/cluster-slots.ts";
import { ClusterSubscriber } from "../src/status-store/cluster-subscriber.ts";
import { RedisConnector } from "../src/connections/redis-connector.ts";

const log = { warn: () => undefined, info: () => undefined };

let cluster: RedisCluster;
let raw: Cluster;
let subscriber: ClusterSubscriber;
let heard: string[];
let looks: number;
let resubscribed: number;
/** What a look at the slots answers. */
let readSlots: () => Promise<readonly SlotRange[]>;
let channels = 0;
beforeAll(async () => {
  cluster = await startRedisCluster({ replicasPerMaster: 1 });
  raw = new Cluster(cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port })));
  await eventually("it answers", () => readSlotRanges(raw)); // it makes its first connection anew
});
beforeEach(() => {
  [heard, looks, resubscribed] = [[], 0, 0];
  readSlots = () => readSlotRanges(raw);
  const connector = new RedisConnector({ Redis, Cluster }, parseRedisUrl(cluster.url, true));
  subscriber = new ClusterSubscriber({
    connect: (node) => connector.connectToNode("subscriber", node, { name: "subscriber" }),
    readSlots: () => {
      looks++;
      return readSlots();
    },
    hear: (channel, message) => void heard.push(`${channel} ${message}`),
    resubscribed: () => {
      resubscribed++;
    },
    log,
  });
});
afterEach(() => subscriber.close());
afterAll(async () => {
  raw.disconnect();
  await cluster.stop();
});

async function subscribedChannel(): Promise<string> {
  const channel = `channel:{${++channels}}`;
  await Promise.all(subscriber.subscribe([channel]));
  return channel;
}

/** Publishes until it is heard: what is published before a subscription is made again is lost. */
async function expectHeard(channel: string): Promise<void> {
  const message = `${channel} ${performance.now()}`;
  const publish = async (): Promise<boolean> => {
    await raw.spublish(channel, message);
    return heard.includes(`${channel} ${message}`);
  };
  expect(await eventually("it is heard", publish)).toBe(true);
}

async function moveAway(channel: string): Promise<void> {
  const owner = await cluster.ownerOf(channel);
  const other = (await cluster.masters()).find((master) => master !== owner);
  await cluster.moveSlot(slotOf(channel), other?.port ?? 0);
}

it("asks once who owns what, and hears each channel from its master", async () => {
  const names = Array.from({ length: 20 }, () => `channel:{${++channels}}`);
  await Promise.all(subscriber.subscribe(names));
  for (const name of names) await expectHeard(name);
  expect(looks).toBe(1);
});

it("follows a slot by the word of the node that gave it away", async () => {
  const [channel, other] = [await subscribedChannel(), await subscribedChannel()];
  readSlots = () => Promise.reject(new Error("nobody answers"));
  await moveAway(channel);
  await expectHeard(channel);
  await expectHeard(other);
  await eventually("whoever missed something is told", () => resubscribed > 0);
});

it("follows a slot that went away between its look and its question", async () => {
  const stale = await readSlotRanges(raw);
  readSlots = () => Promise.resolve(stale);
  const name = `channel:{${channels + 1}}`;
  await moveAway(name);
  await expectHeard(await subscribedChannel());
});

it("finds by looking again that another node owns a slot, although nobody said so", async () => {
  const channel = await subscribedChannel();
  const owner = await cluster.ownerOf(channel);
  const other = (await cluster.masters()).find((master) => master !== owner);
  const asked: string[] = [];
  readSlots = async () => {
    asked.push("look");
    return [[0, 16_383, ["127.0.0.1", other?.port ?? 0, "other"]]];
  };
  await eventually("it has looked", () => {
    subscriber.probe();
    return asked.length > 0;
  });
  await expectHeard(channel); // the other node names the right one
  await eventually("whoever missed something is told", () => resubscribed > 0);
});

it("leaves a replica that took its subscription, and looks until it finds the master", async () => {
  const name = `channel:{${channels + 1}}`;
  const [replica] = await cluster.replicasOf((await cluster.ownerOf(name)).port);
  readSlots = () => Promise.resolve([[0, 16_383, ["127.0.0.1", replica?.port ?? 0, "replica"]]]);
  await subscribedChannel();
  await eventually("it looks again and again", () => looks > 3);
  readSlots = () => readSlotRanges(raw);
  await expectHeard(name);
  await eventually("whoever missed something is told", () => resubscribed > 0);
});

it("makes a connection anew that lost count of its answers", async () => {
  // A node that gives a channel away says so unasked. Where our SUNSUBSCRIBE is on its way then, ioredis takes that for
  // the answer, and the node's MOVED for an answer to the next question, or to none.
  const staying = await subscribedChannel();
  const owner = await cluster.ownerOf(staying);
  const other = (await cluster.masters()).find((master) => master !== owner);
  const otherId = await withRedis(other?.url ?? "", (redis) => redis.cluster("MYID"));
  let leaving = await subscribedChannel();
  while ((await cluster.ownerOf(leaving)) !== owner) leaving = await subscribedChannel();
  await withRedis(owner.url, async (redis) => {
    await redis.ping();
    owner.pause(); // it reads in the order in which something arrived
    const given = redis.cluster("SETSLOT", slotOf(leaving), "NODE", otherId);
    await new Promise((resolve) => setTimeout(resolve, 50));
    subscriber.unsubscribe(leaving);
    await new Promise((resolve) => setTimeout(resolve, 50));
    owner.resume();
    await given;
  });
  await withRedis(other?.url ?? "", (redis) => redis.cluster("SETSLOT", slotOf(leaving), "NODE", otherId));
  await eventually("the others are subscribed again", () => resubscribed > 0);
  await expectHeard(staying);
});

it("hears no more of what it no longer wants", async () => {
  const [channel, other] = [await subscribedChannel(), await subscribedChannel()];
  await expectHeard(channel);
  subscriber.unsubscribe(channel);
  await eventually("nobody listens", async () => (await raw.spublish(channel, "still?")) === 0);
  await expectHeard(other);
  await Promise.all(subscriber.subscribe([channel]));
  await expectHeard(channel);
});

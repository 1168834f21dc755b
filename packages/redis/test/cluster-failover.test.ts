import {
  DEFAULT_TIMINGS,
  jobKeys,
  jobRef,
  tenantKeys,
  type JobRef,
  type StatusStore,
  type StoredSnapshot,
} from "@statusplane/core";
import {
  freshRef,
  freshTenant,
  PATIENT,
  pending,
  processing,
  succeeded,
} from "@statusplane/core/testing/status-store";
import {
  eventually,
  startRedisCluster,
  withRedis,
  type RedisCluster,
  type RedisServer,
} from "@statusplane/test-support";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import { openRedisStatusStore } from "../src/index.ts";
import { slotOf } from "../src/status-store/cluster-slots.ts";
import { callEverything, untilEverythingAnswers } from "./failover-calls.ts";

/** Nothing is found by reading again from time to time: what is told was pushed, or read after subscribing again. */
const PUSH_ONLY = { ...DEFAULT_TIMINGS, rereadMs: 600_000 };

let cluster: RedisCluster;
let store: StatusStore;
beforeAll(async () => {
  cluster = await startRedisCluster({ replicasPerMaster: 1, nodeTimeoutMs: 1_000 });
});
beforeEach(async () => {
  store = await openRedisStatusStore({ url: cluster.url, cluster: true, timings: PUSH_ONLY });
});
afterEach(async () => {
  await store.close();
  for (const node of cluster.nodes) {
    node.resume();
    if (node.pid === 0) await node.start();
  }
  await cluster.settled();
});
afterAll(() => cluster.stop());

const ownerOf = (ref: JobRef): Promise<RedisServer> => cluster.ownerOf(jobKeys(ref, true).status);

/** A running job on each master, the first of them on the first one. */
async function runningJobs(): Promise<JobRef[]> {
  const byMaster = new Map<RedisServer, JobRef>();
  while (byMaster.size < 3) {
    const ref = freshRef();
    byMaster.set(await ownerOf(ref), ref);
  }
  const refs = [...byMaster.values()];
  for (const ref of refs) await answered(() => store.writer.write("announce", processing(ref, 1, 1)));
  return refs;
}

/** Repeats a call while the store does not answer. */
function answered<T extends object>(call: () => Promise<T>): Promise<T> {
  return eventually("the store answers", call);
}

/** What a listener was told of each job: its newest version. */
async function watch(refs: readonly JobRef[], on = store): Promise<(ref: JobRef) => number | undefined> {
  const told = new Map<string, StoredSnapshot>();
  await answered(() => on.feed.subscribe(refs, (snapshot) => told.set(snapshot.ref.id, snapshot)));
  return (ref) => told.get(ref.id)?.version;
}

/** Writes a progress of every job and waits until the listener was told all of them. */
async function expectPushed(
  refs: readonly JobRef[],
  told: (ref: JobRef) => number | undefined,
  version: number,
): Promise<void> {
  for (const ref of refs) {
    const { answer } = await answered(() => store.writer.write("progress", processing(ref, 1, version)));
    expect(answer).toMatch(/^(accepted|duplicate)$/);
  }
  await eventually(`version ${version} of every job is told`, () =>
    refs.every((ref) => told(ref) === version),
  );
}

/** Until the replica has all that the master answered. */
async function replicated(master: RedisServer): Promise<void> {
  await withRedis(master.url, (redis) => redis.wait(1, 10_000));
}

describe("a Cluster whose master is killed", () => {
  it("is away for that master's jobs alone, and serves them again from the promoted replica", async () => {
    const [ref, ...others] = (await runningJobs()) as [JobRef, ...JobRef[]];
    const ended = freshRef();
    const told = await watch([ref, ...others]);
    await store.writer.write("finish", succeeded(ended));
    const victim = await ownerOf(ref);
    await replicated(victim);

    await victim.kill();
    const during = await callEverything(store, ref);
    expect(new Set(Object.values(during))).toEqual(new Set(["answered", "store_unavailable"]));
    for (const name of ["read", "readMany", "readResult", "progress", "watchCancel", "subscribe", "ping"])
      expect([name, during[name]]).toEqual([name, "store_unavailable"]);
    await untilEverythingAnswers(store, ref);

    expect((await store.reader.read(ended))?.text).toBe(succeeded(ended).text);
    await expectPushed([ref, ...others], told, 9);
    await victim.start();
    await cluster.settled();
    await expectPushed([ref, ...others], told, 10);
  });

  it("goes on telling a tenant's lists from the promoted replica, with what came meanwhile", async () => {
    const [first] = (await runningJobs()) as [JobRef];
    const victim = await ownerOf(first);
    const ownerOfLists = (tenant: string) => cluster.ownerOf(tenantKeys(tenant, true).lists);
    let tenant = freshTenant();
    while ((await ownerOfLists(tenant)) !== victim) tenant = freshTenant();
    const told: string[][] = [];
    await answered(() =>
      store.feed.watchLists(tenant, ({ active }) =>
        told.push(active.snapshots.map(({ ref }) => ref.id).sort()),
      ),
    );
    const announce = async (id: string): Promise<void> => {
      const ref = jobRef(tenant, "job", id);
      await answered(() => store.writer.write("announce", pending(ref)));
      await answered(async () => ({ touched: await store.writer.touchActive([ref]) })); // a hint may be lost
    };
    await announce("1");
    await eventually("it is told", () => told.at(-1)?.join() === "1");
    await replicated(victim);
    await victim.kill();
    await announce("2");
    await eventually("what came meanwhile is told", () => told.at(-1)?.join() === "1,2");
    await announce("3");
    await eventually("and what comes then", () => told.at(-1)?.join() === "1,2,3");
  });

  it("keeps to every rule of the guarded write on the promoted replica", async () => {
    const [ref] = (await runningJobs()) as [JobRef];
    const write = async (...args: Parameters<StatusStore["writer"]["write"]>): Promise<string> =>
      (await answered(() => store.writer.write(...args))).answer;
    expect(await write("progress", processing(ref, 1, 5))).toBe("accepted");
    const victim = await ownerOf(ref);
    await replicated(victim);
    await victim.kill();
    await untilEverythingAnswers(store, freshRef());

    expect(await write("progress", processing(ref, 1, 4))).toBe("stale");
    expect(await write("announce", pending(ref, 2))).toMatch(/^(accepted|duplicate)$/);
    expect(await write("progress", processing(ref, 1, 6))).toBe("fenced");
    expect(await write("finish", succeeded(ref, 1))).toBe("fenced");
    expect(await write("finish", succeeded(ref, 2))).toMatch(/^(accepted|duplicate)$/);
    expect(await write("finish", succeeded(ref, 2))).toBe("duplicate");
    expect(await write("progress", processing(ref, 2, 7))).toBe("finished");
    const { status, progress } = jobKeys(ref, true);
    const held = await withRedis((await ownerOf(ref)).url, (redis) =>
      Promise.all([redis.ttl(status), redis.exists(progress)]),
    );
    expect(held).toEqual([-1, 0]);
  });

  it("that its replica lagged behind is told by the sentinels", async () => {
    const { installation } = store;
    const write = async (tick: number): Promise<void> => {
      expect(
        await installation.writeSentinels({ tick, tickedAtMs: tick }, await installation.readSentinels()),
      ).toBe(true);
    };
    await eventually("a tick is written everywhere", async () => {
      await write(70);
      return true;
    });
    const [master] = await cluster.masters();
    const [replica] = await cluster.replicasOf(master?.port ?? 0);
    if (master === undefined || replica === undefined)
      throw new Error("the cluster has no master with a replica");
    await replicated(master);
    replica.pause();
    await withRedis(master.url, (redis) => redis.call("CLIENT", "KILL", "TYPE", "replica")); // not even into its socket
    await write(71);
    await master.kill();
    replica.resume();
    const read = await eventually("the sentinels are read again", () => installation.readSentinels());
    expect(new Set(read.map((sentinel) => sentinel?.tick))).toEqual(new Set([70, 71]));
  });
});

describe("a Cluster whose master hangs", () => {
  it("serves its jobs from the promoted replica, then and when the old master wakes", async () => {
    const refs = await runningJobs();
    const [ref] = refs as [JobRef];
    // nothing but that subscription: no call of somebody else's finds out that its connection is dead
    const quiet = await openRedisStatusStore({ url: cluster.url, cluster: true, timings: PUSH_ONLY });
    try {
      const told = await watch(refs, quiet);
      const old = await ownerOf(ref);
      old.pause();
      await untilEverythingAnswers(store, ref);
      await expectPushed(refs, told, 5);
      old.resume();
      await cluster.settled();
      expect(await ownerOf(ref)).not.toBe(old);
      await expectPushed(refs, told, 6);
    } finally {
      await quiet.close();
    }
  });
});

describe("a Cluster whose slots get another master", () => {
  it("by a failover that was asked for, goes on pushing", async () => {
    const refs = await runningJobs();
    const told = await watch(refs);
    for (let round = 0; round < 3; round++) {
      const [ref] = refs as [JobRef];
      const [replica] = await cluster.replicasOf((await ownerOf(ref)).port);
      await cluster.failover(replica?.port ?? 0);
      await expectPushed(refs, told, 10 + round);
      await cluster.settled();
    }
  });

  it("by resharding, goes on pushing", async () => {
    const refs = await runningJobs();
    const told = await watch(refs);
    const [ref] = refs as [JobRef];
    for (let round = 0; round < 3; round++) {
      const owner = await ownerOf(ref);
      const other = (await cluster.masters()).find((master) => master !== owner);
      await cluster.moveSlot(slotOf(jobKeys(ref, true).status), other?.port ?? 0);
      await expectPushed(refs, told, 20 + round);
    }
  });

  it("answers reads of moved and unmoved jobs in one turn", async () => {
    const patient = await openRedisStatusStore({ url: cluster.url, cluster: true, timings: PATIENT });
    try {
      const refs = Array.from({ length: 30 }, () => freshRef());
      for (const ref of refs) await patient.writer.write("announce", pending(ref));
      const [first] = refs as [JobRef];
      const owner = await ownerOf(first);
      const other = (await cluster.masters()).find((master) => master !== owner);
      await cluster.moveSlot(slotOf(jobKeys(first, true).status), other?.port ?? 0);
      for (let turn = 0; turn < 3; turn++) {
        const read = await Promise.allSettled(refs.map((ref) => patient.reader.read(ref)));
        expect(read.map((one) => (one.status === "fulfilled" ? one.value?.ref.id : one.reason))).toEqual(
          refs.map(({ id }) => id),
        );
      }
    } finally {
      await patient.close();
    }
  });
});

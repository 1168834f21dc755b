import {
  DEFAULT_TIMINGS,
  encodeSnapshot,
  jobRef,
  refKey,
  snapshotOfRecord,
  type JobQueue,
  type JobRef,
  type Sentinel,
  type SentinelKeeper,
  type Timings,
} from "@statusplane/core";
import { createMemoryQueue } from "@statusplane/memory";
import { createReconciler, type Loss, type ReconcilerHandle } from "@statusplane/worker";
import { afterEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../fakes/fake-clock.ts";
import { FakeFiles } from "../fakes/fake-files.ts";
import { FakeRecords } from "../fakes/fake-records.ts";
import { FakeStatusStore } from "../fakes/fake-status-store.ts";
import { KeptLog } from "../fakes/kept-log.ts";

const openReconcilers: { reconciler: ReconcilerHandle; clock: FakeClock; queue: JobQueue }[] = [];
afterEach(async () => {
  const opened = openReconcilers.splice(0);
  const stopped = Promise.all(opened.map(({ reconciler }) => reconciler.stop()));
  await settle();
  await stopped;
  for (const { clock, queue } of opened) {
    await queue.close();
    expect(clock.waiting).toBe(0);
  }
});

class FakeSentinel implements SentinelKeeper {
  sentinel: Sentinel | null = null;

  async readSentinels(): Promise<readonly (Sentinel | null)[]> {
    return [this.sentinel];
  }

  async writeSentinels(sentinel: Sentinel, [read]: readonly (Sentinel | null)[]): Promise<boolean> {
    if (this.sentinel?.tick !== read?.tick) return false;
    this.sentinel = sentinel;
    return true;
  }
}

function setUp(options: { timings?: Partial<Timings>; queueSentinel?: FakeSentinel; sole?: boolean } = {}) {
  const clock = new FakeClock();
  const records = new FakeRecords(clock);
  const store = new FakeStatusStore(clock);
  const files = new FakeFiles();
  const memoryQueue = createMemoryQueue({ clock });
  const queue =
    options.queueSentinel === undefined ? memoryQueue : { ...memoryQueue, sentinel: options.queueSentinel };
  const losses: Loss[] = [];
  const log = new KeptLog();
  const swept: string[] = [];
  let collected = 0;
  const make = (owner: string): ReconcilerHandle => {
    const reconciler = createReconciler({
      records,
      writer: store,
      installation: store,
      queue,
      files,
      owner,
      clock,
      log,
      sole: options.sole ?? false,
      timings: { ...DEFAULT_TIMINGS, ...options.timings },
      onLoss: (loss) => losses.push(loss),
      onSwept: (rows) =>
        swept.push(...rows.map(({ record, endedAttempt }) => `${record.ref.id}/${endedAttempt}`)),
      collect: async () => void (collected += 1),
    });
    openReconcilers.push({ reconciler, clock, queue });
    return reconciler;
  };
  const depth = async (): Promise<number> => (await queue.depth(["count"])).get("count") ?? Number.NaN;
  return {
    ...{ clock, records, store, files, queue, losses, swept, make, depth },
    lines: log.lines,
    debugLines: log.debugLines,
    collected: () => collected,
  };
}

async function lead(options: Parameters<typeof setUp>[0] = {}) {
  const parts = setUp(options);
  const reconciler = parts.make("one");
  await reconciler.start();
  await settle();
  return { ...parts, reconciler };
}

const statusOf = (store: FakeStatusStore, ref: JobRef): unknown => store.shown(ref)?.status;

describe("the relay", () => {
  it("tells an end twice, a settle window apart, and then forgets it", async () => {
    const { clock, records, store } = await lead();
    const ref = records.add("a", { status: "DONE", finishedAtMs: 1 });
    records.leaveEntry(ref, 0);
    await clock.advance(5_000);
    expect(statusOf(store, ref)).toBe("DONE");
    store.flush(); // a failover lost the acknowledged write
    await clock.advance(59_999);
    expect(statusOf(store, ref)).toBeUndefined();
    await clock.advance(5_001);
    expect(statusOf(store, ref)).toBe("DONE");
    expect(records.outbox.size).toBe(0);
    expect(store.of("finish")).toHaveLength(2);
  });

  it("says at level debug what each batch made known, and nothing of ticks without one", async () => {
    const { clock, records, debugLines } = await lead();
    const ref = records.add("a", { status: "DONE", finishedAtMs: 1 });
    records.leaveEntry(ref, 0);
    await clock.advance(90_000);
    const batches = debugLines.filter(({ message }) => message.startsWith("relay told"));
    const jobs = [`${refKey(ref)} attempt 1`];
    expect(batches.map(({ fields }) => fields)).toEqual([
      { known: 1, settled: 0, failed: 0, jobs },
      { known: 1, settled: 1, failed: 0, jobs },
    ]);
  });

  it("removes what has no row from store and files, twice, a settle window apart, and then forgets it", async () => {
    const { clock, records, store, files, queue } = await lead();
    const ref = records.add("a", { status: "DONE", finishedAtMs: 1 });
    records.leaveEntry(ref, 0);
    await clock.advance(5_000);
    const late = encodeSnapshot(snapshotOfRecord(records.record(records.row(ref))));
    records.remove(ref);
    await clock.advance(5_000);
    expect(statusOf(store, ref)).toBeUndefined();
    expect(files.removed).toEqual([refKey(ref)]);
    store.forget(ref); // a failover lost the mark, and somebody who comes late writes
    await store.write("finish", late);
    await clock.advance(65_000);
    expect(statusOf(store, ref)).toBeUndefined();
    expect(files.removed).toEqual([refKey(ref), refKey(ref)]);
    expect(records.outbox.size).toBe(0);
    expect(await queue.depth(["count"])).toEqual(new Map([["count", 0]]));
  });

  it("removes again what it could not, and lets nobody bring it back meanwhile", async () => {
    const { clock, records, store, files } = await lead();
    const ref = records.add("a", { status: "DONE", finishedAtMs: 1 });
    const late = encodeSnapshot(snapshotOfRecord(records.record(records.row(ref))));
    records.remove(ref);
    files.trouble = new Error("busy");
    await clock.advance(5_000);
    expect(records.outbox.size).toBe(1);
    files.trouble = null;
    expect((await store.write("finish", late)).answer).toBe("fenced");
    await clock.advance(5_000);
    expect(files.removed).toEqual([refKey(ref)]);
  });

  it("announces and enqueues what is PENDING, delayed until its time", async () => {
    const { clock, records, store, queue } = await lead();
    const ref = records.add("a", { attempt: 2, runAtMs: 60_000 });
    records.leaveEntry(ref, 0);
    await clock.advance(5_000);
    expect(statusOf(store, ref)).toBe("PENDING");
    const seen: number[] = [];
    await queue.consume({
      jobType: "count",
      concurrency: 1,
      handle: async ({ attempt }) => {
        seen.push(attempt, clock.nowMs());
        return { outcome: "acknowledge" };
      },
    });
    await clock.advance(60_000);
    expect(seen.slice(0, 2)).toEqual([2, 60_000]);
  });

  it("writes nothing for what is PROCESSING, and forgets it the same way", async () => {
    const { clock, records, store } = await lead();
    const ref = records.add("a", { status: "PROCESSING", leaseUntilMs: 999_999 });
    records.leaveEntry(ref, 0);
    await clock.advance(70_000);
    expect(store.writes).toEqual([]);
    expect(records.outbox.size).toBe(0);
  });

  it("leaves an entry alone that was renewed while it was applied", async () => {
    const { clock, records, store } = await lead();
    const ref = records.add("a");
    records.leaveEntry(ref, 0);
    store.onWrite = () => {
      store.onWrite = () => undefined;
      Object.assign(records.row(ref), { status: "CANCELLED", finishedAtMs: 1 });
      records.leaveEntry(ref, 2_000); // the cancel's own entry; its committer dies here
    };
    await clock.advance(5_000);
    expect(statusOf(store, ref)).toBe("PENDING");
    await clock.advance(5_000);
    expect(statusOf(store, ref)).toBe("CANCELLED");
  });

  it("goes on at once while it takes full batches", async () => {
    const { clock, records, store } = await lead();
    for (let id = 0; id < 1_200; id++) {
      records.leaveEntry(records.add(`j${id}`, { status: "DONE", finishedAtMs: 1 }), 0);
    }
    await clock.advance(5_100);
    expect(store.of("finish")).toHaveLength(1_200);
    expect(records.count("take")).toBe(2);
  });

  it("takes nothing while the store does not answer, and all that is due at its first answer", async () => {
    const { clock, records, store, reconciler } = await lead();
    store.away = true;
    const ref = records.add("a", { status: "FAILED", errorCode: "internal_error", finishedAtMs: 1 });
    records.leaveEntry(ref, 0);
    await clock.advance(300_000);
    expect(records.outbox.get(refKey(ref))?.dueAtMs).toBe(0);
    expect(reconciler.status()).toMatchObject({ leading: true, storeAnswers: false });
    store.away = false;
    await clock.advance(5_000);
    expect(statusOf(store, ref)).toBe("FAILED");
  });

  it("repeats what failed in the middle of a batch at the next answer, before it is due again", async () => {
    const { clock, records, store } = await lead();
    const ref = records.add("a", { status: "DONE", finishedAtMs: 1 });
    records.leaveEntry(ref, 0);
    store.onWrite = () => {
      store.onWrite = () => undefined;
      throw new Error("gone in the middle");
    };
    await clock.advance(5_000);
    expect(statusOf(store, ref)).toBeUndefined();
    await clock.advance(5_000);
    expect(statusOf(store, ref)).toBe("DONE");
  });

  it("comes earlier for a wake-up message, after the committer's grace, but not for each of many", async () => {
    const { clock, records, store } = await lead();
    await clock.advance(100);
    const ref = records.add("a", { status: "DONE", finishedAtMs: 1 });
    records.leaveEntry(ref, 2_000);
    await store.wake();
    await clock.advance(2_000);
    expect(statusOf(store, ref)).toBe("DONE");
    const ticks = records.count("tick");
    for (let second = 0; second < 50; second++) {
      await store.wake();
      await clock.advance(1_000);
    }
    expect(records.count("tick") - ticks).toBe(10);
  });
});

describe("housekeeping", () => {
  it("costs at most 20 statements a minute while idle", async () => {
    const { clock, records, store } = await lead();
    await clock.advance(300_000);
    records.calls.length = 0;
    for (let minute = 0; minute < 5; minute++) {
      await store.wake();
      await clock.advance(60_000);
    }
    expect(records.calls.filter((call) => call !== "pageWaiting").length).toBeLessThanOrEqual(5 * 20);
  });

  it("calls the collector at start and once an hour", async () => {
    const { clock, collected } = await lead({ timings: { tickMs: 60_000 } });
    expect(collected()).toBe(1);
    await clock.advance(3_590_000);
    expect(collected()).toBe(2);
  });
});

describe("the sweeper", () => {
  it("has a lost job waiting again, its old folder removed, and tells at once", async () => {
    const { clock, records, store, files, swept, depth, reconciler } = await lead();
    const ref = records.add("a", { status: "PROCESSING", tries: 1, leaseUntilMs: 1_000 });
    await clock.advance(10_000);
    expect(records.row(ref)).toMatchObject({ status: "PENDING", attempt: 2, triesLost: 1 });
    expect(store.shown(ref)).toMatchObject({ status: "PENDING", attempt: 2 });
    expect(await depth()).toBe(1);
    expect(files.removed).toEqual(["7.job.a/1"]);
    expect(swept).toEqual(["a/1"]);
    expect(reconciler.status().swept).toBe(1);
  });

  it("ends what killed every worker as poison", async () => {
    const { clock, records, store } = await lead();
    const ref = records.add("a", { status: "PROCESSING", tries: 3, triesLost: 2, leaseUntilMs: 1_000 });
    await clock.advance(10_000);
    expect(store.body(ref)).toMatchObject({ status: "FAILED", error_code: "poison" });
  });

  it("says each lost try as any failed one, and that it was the last where it was", async () => {
    const { clock, records, lines } = await lead();
    records.add("a", { status: "PROCESSING", tries: 1, leaseUntilMs: 1_000 });
    records.add("b", { status: "PROCESSING", tries: 3, triesLost: 2, leaseUntilMs: 1_000 });
    await clock.advance(10_000);
    const said = lines.filter(({ level }) => level === "warn").map(({ message }) => message);
    expect(said.sort()).toEqual([
      "count a attempt 1 failed: worker_lost; try 1 of 3, next in 0 s",
      "count b attempt 1 failed: poison; failed for good at try 3 of 3",
    ]);
  });

  it("goes on while the store is away", async () => {
    const { clock, records, store } = await lead();
    store.away = true;
    const ref = records.add("a", { status: "PROCESSING", tries: 1, leaseUntilMs: 1_000 });
    await clock.advance(15_000);
    expect(records.row(ref)).toMatchObject({ status: "PENDING", attempt: 2 });
    store.away = false;
    await clock.advance(5_000);
    expect(statusOf(store, ref)).toBe("PENDING");
  });
});

describe("waiting rows", () => {
  it("are announced and enqueued at start and every ten minutes, without entries", async () => {
    const parts = setUp();
    const ref = parts.records.add("a");
    await parts.make("one").start();
    await settle();
    expect(statusOf(parts.store, ref)).toBe("PENDING");
    expect(await parts.depth()).toBe(1);
    parts.store.flush(); // its sliding TTL is over
    await parts.clock.advance(605_000);
    expect(statusOf(parts.store, ref)).toBe("PENDING");
    expect(parts.records.outbox.size).toBe(0);
  });

  it("are read in pages", async () => {
    const { make, records, store } = setUp();
    for (let id = 0; id < 2_300; id++) records.add(`j${id}`);
    await make("one").start();
    await settle();
    await settle();
    expect(store.size).toBe(2_300);
    expect(records.count("pageWaiting")).toBe(3);
  });

  it("are tried again at the next tick when the store went away", async () => {
    const { make, records, store, clock } = setUp();
    const ref = records.add("a");
    store.onWrite = () => {
      store.onWrite = () => undefined;
      throw new Error("gone in the middle");
    };
    await make("one").start();
    await settle();
    expect(statusOf(store, ref)).toBeUndefined();
    await clock.advance(5_000);
    expect(statusOf(store, ref)).toBe("PENDING");
  });
});

describe("the election", () => {
  it("has one leader; a standby watches the beat and asks Postgres nothing", async () => {
    const { make, clock, records } = setUp();
    const [one, two] = [make("one"), make("two")];
    await one.start();
    await settle();
    await two.start();
    await clock.advance(60_000);
    expect([one.status().leading, two.status().leading]).toEqual([true, false]);
    expect(records.leader?.owner).toBe("one");
    expect(records.count("tick")).toBe(13);
  });

  it("has the standby lead within 23 s of the leader's death", async () => {
    const { make, clock, records, store } = setUp();
    const one = make("one");
    await one.start();
    await clock.advance(20_000);
    const stopped = one.stop();
    records.leader = { owner: "one", untilMs: clock.nowMs() + 15_000 }; // it died: nobody resigned
    await settle();
    await stopped;
    records.leader = { owner: "one", untilMs: clock.nowMs() + 15_000 };
    await store.beat("one");
    const two = make("two");
    await two.start();
    await clock.advance(23_000);
    expect(two.status().leading).toBe(true);
  });

  it("has a standby ask every 30 s while the store is away", async () => {
    const { make, clock, records, store } = setUp();
    const one = make("one");
    await one.start();
    await settle();
    store.away = true;
    const before = records.count("tick");
    const two = make("two");
    await two.start();
    await clock.advance(60_000);
    expect(records.count("tick") - before).toBe(12 + 3);
    expect(two.status().leading).toBe(false);
  });

  it("gives the lease up at stop, so that another leads at once", async () => {
    const { make, clock, records } = setUp();
    const one = make("one");
    await one.start();
    await settle();
    const stopped = one.stop();
    await settle();
    await stopped;
    expect(records.leader).toBeNull();
    const two = make("two");
    await two.start();
    await clock.advance(15_000);
    expect(two.status().leading).toBe(true);
  });

  it("of a sole process waits for the lease's term, and refuses when another renews it", async () => {
    const free = setUp({ sole: true });
    free.records.leader = { owner: "dead", untilMs: 15_000 };
    const starting = free.make("one").start();
    await free.clock.advance(15_000);
    await starting;
    expect(free.records.leader?.owner).toBe("one");

    const taken = setUp({ sole: true });
    taken.records.leader = { owner: "alive", untilMs: Number.POSITIVE_INFINITY };
    const refused = taken
      .make("one")
      .start()
      .catch((error: unknown) => String(error));
    await taken.clock.advance(30_000);
    expect(await refused).toMatch(/another process/);
  });
});

describe("loss detection", () => {
  it("sees no loss in a fresh installation, nor while nothing is lost", async () => {
    const { clock, losses, store } = await lead();
    await clock.advance(60_000);
    expect(losses).toEqual([]);
    expect(store.sentinel?.tick).toBe(13);
  });

  it("sees none in an outage that lost nothing", async () => {
    const { clock, losses, store } = await lead();
    await clock.advance(20_000);
    store.away = true;
    await clock.advance(60_000);
    store.away = false;
    await clock.advance(20_000);
    expect(losses).toEqual([]);
  });

  it("after a flush tells everything that waits, and what ended in the recovery window", async () => {
    const { clock, losses, store, records, reconciler } = await lead();
    const hoursAgo = (hours: number): number => clock.unixMs() - hours * 3_600_000;
    const waiting = records.add("waiting");
    const recent = records.add("recent", { status: "DONE", finishedAtMs: hoursAgo(23) });
    const old = records.add("old", { status: "DONE", finishedAtMs: hoursAgo(25) });
    await clock.advance(20_000);
    store.flush();
    store.sentinel = null;
    await clock.advance(5_500);
    expect(losses).toMatchObject([{ where: "status store", missing: true }]);
    expect([waiting, recent, old].map((ref) => statusOf(store, ref))).toEqual(["PENDING", "DONE", undefined]);
    await clock.advance(60_000);
    expect(reconciler.status().lossesSeen).toBe(1);
  });

  it("after a failover to an older copy tells what ended since, and in the last 15 minutes at least", async () => {
    const { clock, losses, store, records } = await lead();
    await clock.advance(20_000);
    const before = store.sentinel;
    await clock.advance(20_000);
    const recent = records.add("recent", { status: "DONE", finishedAtMs: clock.unixMs() - 14 * 60_000 });
    const older = records.add("older", { status: "DONE", finishedAtMs: clock.unixMs() - 16 * 60_000 });
    store.sentinel = before;
    await clock.advance(5_500);
    expect(losses).toMatchObject([{ missing: false }]);
    expect([recent, older].map((ref) => statusOf(store, ref))).toEqual(["DONE", undefined]);
  });

  it("gives 2,000 rows a second their entries, and relays them as they come", async () => {
    const { clock, store, records } = await lead();
    for (let id = 0; id < 4_000; id++)
      records.add(`j${id}`, { status: "DONE", finishedAtMs: clock.unixMs() });
    await clock.advance(10_000);
    store.sentinel = null;
    await clock.advance(5_000);
    expect(store.size).toBeLessThan(1_000);
    await clock.advance(1_000);
    expect(store.size).toBeGreaterThan(2_000);
    expect(store.size).toBeLessThanOrEqual(3_000);
    await clock.advance(1_000);
    expect(store.size).toBe(4_000);
  });

  it("begins again when the data is lost again in the middle", async () => {
    const { clock, store, records, losses } = await lead({ timings: { tickMs: 500 } });
    for (let id = 0; id < 4_000; id++)
      records.add(`j${id}`, { status: "DONE", finishedAtMs: clock.unixMs() });
    await clock.advance(2_000);
    store.sentinel = null;
    await clock.advance(1_200);
    store.flush();
    store.sentinel = null;
    await clock.advance(4_000);
    expect(losses).toHaveLength(2);
    expect(store.size).toBe(4_000);
  });

  it("sees a loss between a sentinel's reading and its writing", async () => {
    const { clock, store, records, losses } = await lead();
    const ended = records.add("ended", { status: "DONE", finishedAtMs: clock.unixMs() });
    await clock.advance(10_000);
    store.beforeSentinelWrite = () => {
      store.beforeSentinelWrite = () => undefined;
      store.flush();
      store.sentinel = null;
    };
    await clock.advance(15_000);
    expect(losses).toMatchObject([{ where: "status store", missing: true }]);
    expect(statusOf(store, ended)).toBe("DONE");
  });

  it("begins again when a restart in the middle brings the old copy back a second time", async () => {
    const { clock, store, records, losses } = await lead();
    for (let id = 0; id < 4_000; id++)
      records.add(`j${id}`, { status: "DONE", finishedAtMs: clock.unixMs() });
    await clock.advance(5_000);
    const old = store.sentinel;
    await clock.advance(10_000);
    store.sentinel = old;
    await clock.advance(6_000);
    store.flush();
    store.sentinel = old;
    await clock.advance(12_000);
    expect(losses).toHaveLength(2);
    expect(store.size).toBe(4_000);
  });

  it("is taken up by a successor when the process dies in the middle", async () => {
    const { clock, store, records, losses, make, reconciler } = await lead();
    for (let id = 0; id < 4_000; id++)
      records.add(`j${id}`, { status: "DONE", finishedAtMs: clock.unixMs() });
    await clock.advance(10_000);
    store.sentinel = null;
    await clock.advance(5_000);
    const stopped = reconciler.stop();
    await settle();
    await stopped;
    expect(store.size).toBeLessThan(4_000);
    await make("two").start();
    await clock.advance(20_000);
    expect(losses).toHaveLength(2);
    expect(store.size).toBe(4_000);
  });

  it("in the queue concerns the waiting rows only", async () => {
    const queueSentinel = new FakeSentinel();
    const { clock, records, store, losses } = await lead({ queueSentinel });
    const ended = records.add("ended", { status: "DONE", finishedAtMs: clock.unixMs() });
    const waiting = records.add("waiting", { ref: jobRef("7", "job", "waiting") });
    await clock.advance(10_000);
    queueSentinel.sentinel = null;
    await clock.advance(5_500);
    expect(losses).toEqual([{ where: "queue", missing: true, endedSinceMs: null }]);
    expect([ended, waiting].map((ref) => statusOf(store, ref))).toEqual([undefined, "PENDING"]);
  });
});

describe("the database's clock", () => {
  it("set ahead takes no lease from a living worker: the sweep waits until each has renewed", async () => {
    const { clock, records, swept } = await lead();
    await clock.advance(20_000);
    clock.jump(3_600_000);
    records.add("a", { status: "PROCESSING", leaseUntilMs: clock.nowMs() });
    await clock.advance(44_000);
    expect(swept).toEqual([]);
    await clock.advance(20_000);
    expect(swept).toEqual(["a/1"]);
    expect(records.followed).toEqual([]);
  });

  it("set ahead by less than half a lease holds nothing up", async () => {
    const { clock, records, swept } = await lead();
    await clock.advance(20_000);
    clock.jump(44_000);
    records.add("a", { status: "PROCESSING", leaseUntilMs: clock.nowMs() });
    await clock.advance(11_000);
    expect(swept).toEqual(["a/1"]);
  });

  it("set back is followed page by page, again after a failure, once", async () => {
    const { clock, records } = await lead();
    await clock.advance(10_000);
    records.followPages = 3;
    clock.jump(-86_400_000);
    records.trouble("followClock", "unanswered");
    await clock.advance(5_000);
    expect(records.followed).toHaveLength(0);
    await clock.advance(5_000);
    expect(records.followed).toHaveLength(3);
    expect(records.followed[0]).toEqual({ leaseMs: 90_000, settleMs: 60_000, limit: 1_000 });
    await clock.advance(60_000);
    expect(records.followed).toHaveLength(3);
  });

  it("set back while nobody led is seen by the next leader, by the tick before in the row", async () => {
    const { clock, records, reconciler, make } = await lead();
    await clock.advance(10_000);
    const stopped = reconciler.stop();
    await clock.advance(1_000);
    await stopped;
    clock.jump(-3_600_000);
    await make("two").start();
    await clock.advance(10_000);
    expect(records.followed).toHaveLength(1);
  });
});

import { jobRef, refKey, type JobRef, type OutboxEntry, type Tick } from "@statusplane/core";
import { beforeEach, expect, it } from "vitest";
import {
  claimed,
  LEASE_MS,
  newRef,
  newTenant,
  running,
  submitted,
  success,
  type OpenedRecords,
} from "./opened-records.ts";

const SETTLE_MS = 60_000;
const TAKE_MS = 30_000;
const HOUR_MS = 3_600_000;

/** Tick, take, mark, delete, sweep, and what follows a loss of data. */
export function describeReconciler(records: () => OpenedRecords): void {
  beforeEach(() => records().quiet());

  const tick = (owner: string, takeLimit = 500, leaseMs = 15_000): Promise<Tick> =>
    records().reconciler.tick({ owner, leaseMs, takeLimit, takeMs: TAKE_MS });
  const refsOf = (entries: readonly OutboxEntry[]): string[] => entries.map(({ ref }) => ref.id);
  /** A submitted job whose entry is due. */
  async function due(): Promise<JobRef> {
    const { ref } = await submitted(records());
    await records().letPass(ref, "entry");
    return ref;
  }
  async function loseLease(ref: JobRef): Promise<void> {
    await records().letPass(ref, "lease");
    await records().reconciler.sweep(200);
  }

  it("has one leader: another is refused until the lease is over or given up", async () => {
    expect(await tick("a")).toMatchObject({ leading: true });
    expect(await tick("b")).toMatchObject({ leading: false, entries: [] });
    expect(await tick("a")).toMatchObject({ leading: true });
    await records().reconciler.resign("b"); // not its own to give up
    expect(await tick("b")).toMatchObject({ leading: false });
    await records().reconciler.resign("a");
    expect(await tick("b", 0, 0)).toMatchObject({ leading: true });
    expect(await tick("a")).toMatchObject({ leading: true }); // b's lease of 0 ms is over
  });

  it("elects one of ten who tick at once", async () => {
    const ticks = await Promise.all(Array.from({ length: 10 }, (_, i) => tick(`p${i}`)));
    expect(ticks.filter(({ leading }) => leading)).toHaveLength(1);
  });

  it("counts ticks and tells the time of the one before, over a change of leader", async () => {
    const first = await tick("a");
    await records().reconciler.resign("a");
    const second = await tick("b");
    expect(second.tick).toBe(first.tick + 1);
    expect(second.previousTickedAtMs).toBe(first.tickedAtMs);
    expect(second.tickedAtMs).toBeGreaterThanOrEqual(first.tickedAtMs);
    expect(Math.abs(second.tickedAtMs - Date.now())).toBeLessThan(60_000);
  });

  it("takes due entries with their rows, and not again until the taker may have died", async () => {
    const ref = await due();
    await submitted(records()); // still the committer's
    const { entries } = await tick("a");
    expect(entries).toMatchObject([
      { applied: false, record: { ref, status: "PENDING", payload: { rows: 3 } } },
    ]);
    expect((await records().entryOf(ref))?.dueInMs).toBeGreaterThan(TAKE_MS / 2);
    expect((await tick("a")).entries).toEqual([]);
    expect(await records().reconciler.take(500, TAKE_MS)).toEqual([]);
  });

  it("takes nothing while the store does not answer, or for one who does not lead", async () => {
    await due();
    expect((await tick("a", 0)).entries).toEqual([]);
    expect((await tick("b")).entries).toEqual([]);
    expect((await tick("a")).entries).toHaveLength(1);
  });

  it("takes what is due the longest first, up to the limit", async () => {
    const refs = [await due(), await due(), await due()];
    await records().letPass(refs[1] ?? newRef(), "entry", HOUR_MS);
    expect(refsOf(await records().reconciler.take(1, TAKE_MS))).toEqual([refs[1]?.id]);
    expect(new Set(refsOf((await tick("a", 500)).entries))).toEqual(new Set([refs[0]?.id, refs[2]?.id]));
  });

  it("gives no entry to two relays that take at once", async () => {
    for (let i = 0; i < 30; i++) await due();
    const taken = await Promise.all(Array.from({ length: 4 }, () => records().reconciler.take(30, TAKE_MS)));
    const rest = await records().reconciler.take(30, TAKE_MS);
    const ids = [...taken, rest].flatMap(refsOf);
    expect(ids).toHaveLength(30);
    expect(new Set(ids).size).toBe(30);
  });

  it("lets an entry settle, takes it a second time, and deletes it", async () => {
    const ref = await due();
    const [first] = (await tick("a")).entries;
    await records().reconciler.markApplied(first === undefined ? [] : [first], SETTLE_MS);
    const settling = await records().entryOf(ref);
    expect(settling).toMatchObject({ applied: true, generation: first?.generation });
    expect(settling?.dueInMs).toBeGreaterThan(TAKE_MS);
    await records().letPass(ref, "entry");
    const second = await records().reconciler.take(500, TAKE_MS);
    expect(second).toMatchObject([{ applied: true, generation: first?.generation }]);
    await records().reconciler.deleteApplied(second);
    expect(await records().entryOf(ref)).toBeNull();
  });

  it("neither marks nor deletes an entry that a newer change has left meanwhile", async () => {
    const ref = await due();
    const { entries } = await tick("a");
    await claimed(records(), ref);
    await records().worker.finish(ref, 1, success("job"));
    const newer = await records().entryOf(ref);
    await records().reconciler.markApplied(entries, SETTLE_MS);
    await records().reconciler.deleteApplied(entries);
    const after = await records().entryOf(ref);
    expect(after).toMatchObject({ generation: newer?.generation, applied: false });
    expect(after?.dueInMs).toBeLessThanOrEqual(2_000);
  });

  it("applies the entry of a newer change twice again, though the older one had settled", async () => {
    const ref = await due();
    await records().reconciler.markApplied(await records().reconciler.take(1, TAKE_MS), SETTLE_MS);
    await records().requests.cancel(ref);
    expect(await records().entryOf(ref)).toMatchObject({ applied: false });
  });

  it("makes a lost lease the next attempt, due at once", async () => {
    const { ref } = await running(records());
    await records().letPass(ref, "lease");
    expect(await records().reconciler.sweep(200)).toMatchObject([
      {
        endedAttempt: 1,
        record: {
          ref,
          status: "PENDING",
          attempt: 2,
          tries: 1,
          triesLost: 1,
          runInMs: 0,
          lastErrorCode: "worker_lost",
        },
      },
    ]);
    expect((await records().entryOf(ref))?.dueInMs).toBeLessThanOrEqual(0);
    expect(await records().worker.finish(ref, 1, success("job"))).toBeNull();
    expect(await records().worker.renew([{ ref, attempt: 1 }], LEASE_MS)).toEqual([]);
    expect(await records().reconciler.sweep(200)).toEqual([]);
  });

  it("leaves alone what is renewed, up to the limit ends the oldest", async () => {
    const renewed = await running(records());
    const refs = [await running(records()), await running(records())].map(({ ref }) => ref);
    for (const ref of [renewed.ref, ...refs]) await records().letPass(ref, "lease");
    await records().letPass(refs[1] ?? newRef(), "lease", HOUR_MS);
    await records().worker.renew([{ ref: renewed.ref, attempt: 1 }], LEASE_MS);
    expect((await records().reconciler.sweep(1)).map(({ record }) => record.ref.id)).toEqual([refs[1]?.id]);
    expect((await records().reconciler.sweep(200)).map(({ record }) => record.ref.id)).toEqual([refs[0]?.id]);
  });

  it("calls a job poison when every try lost its worker", async () => {
    const { ref } = await submitted(records(), newRef(), { maxTries: 2 });
    for (const attempt of [1, 2]) {
      expect(await claimed(records(), ref)).toMatchObject({ attempt });
      await loseLease(ref);
    }
    const record = await records().worker.find(ref);
    expect(record).toMatchObject({
      status: "FAILED",
      attempt: 2,
      tries: 2,
      triesLost: 2,
      errorCode: "poison",
    });
    expect(record?.errorMessage).not.toBeNull();
  });

  it("calls the worker lost when another try failed otherwise", async () => {
    const { ref } = await running(records(), newRef(), { maxTries: 2 });
    const failure = {
      errorCode: "internal_error",
      errorMessage: "m",
      errorDetail: null,
      retryable: true,
      backoffMs: 0,
    };
    await records().worker.failTry(ref, 1, failure);
    await claimed(records(), ref);
    await loseLease(ref);
    expect(await records().worker.find(ref)).toMatchObject({
      status: "FAILED",
      errorCode: "worker_lost",
      triesLost: 1,
    });
  });

  it("does not count a try that was handed back", async () => {
    const { ref } = await running(records(), newRef(), { maxTries: 1 });
    await records().worker.handBack(ref, 1);
    expect(await claimed(records(), ref)).toMatchObject({ attempt: 2, tries: 1 });
    expect(await records().worker.finish(ref, 2, success("job"))).toMatchObject({ status: "DONE" });
  });

  it("commits CANCELLED for a lost lease once a cancel was accepted", async () => {
    const { ref } = await running(records());
    await records().requests.cancel(ref);
    await records().letPass(ref, "lease");
    expect(await records().reconciler.sweep(200)).toMatchObject([
      { endedAttempt: 1, record: { status: "CANCELLED", attempt: 1, errorCode: "cancelled", result: null } },
    ]);
  });

  it("ends each of many lost leases once: by its worker or by one of two sweepers", async () => {
    const refs = await Promise.all(Array.from({ length: 12 }, async () => (await running(records())).ref));
    for (const ref of refs) await records().letPass(ref, "lease");
    const [sweptA, sweptB, ...finished] = await Promise.all([
      records().reconciler.sweep(200),
      records().reconciler.sweep(200),
      ...refs.map((ref) => records().worker.finish(ref, 1, success("job"))),
    ]);
    const swept = [...sweptA, ...sweptB].map(({ record }) => record.ref.id);
    const done = finished.flatMap((record) => (record === null ? [] : [record.ref.id]));
    const rest = (await records().reconciler.sweep(200)).map(({ record }) => record.ref.id);
    expect([...swept, ...done, ...rest].sort()).toEqual(refs.map(({ id }) => id).sort());
  });

  it("leaves a clock that was not set back alone", async () => {
    await records().clear();
    const { ref } = await submitted(records());
    const { ref: live } = await running(records());
    const entry = await records().entryOf(ref);
    expect(
      await records().reconciler.followClock({ leaseMs: LEASE_MS, settleMs: SETTLE_MS, limit: 500 }),
    ).toBe(false);
    expect((await records().entryOf(ref))?.generation).toBe(entry?.generation);
    expect(await records().worker.find(live)).toMatchObject({ status: "PROCESSING" });
  });

  it("pages what waits by key", async () => {
    const tenant = newTenant();
    const refs = Array.from({ length: 5 }, (_, i) => jobRef(tenant, i < 3 ? "job" : "video", `id-${i}`));
    for (const ref of refs) await submitted(records(), ref);
    await running(records(), jobRef(tenant, "job", "id-1x"));
    const found: string[] = [];
    let after: JobRef | null = jobRef(tenant, "job", "0");
    for (;;) {
      const page = await records().reconciler.pageWaiting(after, 2);
      found.push(...page.filter(({ ref }) => ref.tenant === tenant).map(({ ref }) => refKey(ref)));
      after = page.at(-1)?.ref ?? null;
      if (page.length < 2) break;
    }
    expect(found).toEqual(refs.map(refKey));
  });

  it.each([1, 3, 100])("gives what a loss concerns an entry, in pages of %i", async (limit) => {
    await records().clear();
    const [waiting, waitingToo] = [await submitted(records()), await submitted(records())];
    const live = await running(records());
    const ended = [await running(records()), await running(records()), await running(records())];
    for (const { ref } of ended) await records().worker.finish(ref, 1, success("job"));
    const old = await running(records());
    await records().worker.finish(old.ref, 1, success("job"));
    await records().letPass(old.ref, "end", HOUR_MS);
    await records().quiet();
    let pages = 0;
    let after: JobRef | null = null;
    do {
      after = await records().reconciler.enqueueLost(Date.now() - 900_000, after, limit);
      pages += 1;
    } while (after !== null && pages < 20);
    const concerned = [waiting, waitingToo, ...ended].map(({ ref }) => ref.id);
    expect(refsOf(await records().reconciler.take(500, TAKE_MS)).sort()).toEqual(concerned.sort());
    expect(await records().entryOf(live.ref)).toBeNull();
    expect(await records().entryOf(old.ref)).toBeNull();
  });

  it("gives only what waits an entry when the queue alone lost data", async () => {
    await records().clear();
    const waiting = await submitted(records());
    const done = await running(records());
    await records().worker.finish(done.ref, 1, success("job"));
    await records().quiet();
    expect(await records().reconciler.enqueueLost(null, null, 100)).toBeNull();
    expect(await records().entryOf(waiting.ref)).not.toBeNull();
    expect(await records().entryOf(done.ref)).toBeNull();
  });

  it("gives an entry of a loss a new generation", async () => {
    await records().clear();
    const { ref } = await submitted(records());
    await records().letPass(ref, "entry");
    const taken = await records().reconciler.take(1, TAKE_MS);
    await records().reconciler.enqueueLost(null, null, 100);
    await records().reconciler.deleteApplied(taken);
    expect(await records().entryOf(ref)).not.toBeNull();
  });

  it("tells the collector which attempt a row names", async () => {
    const tenant = newTenant();
    const done = await running(records(), newRef("job", tenant));
    await records().worker.finish(done.ref, 1, success("job"));
    const waiting = await submitted(records(), newRef("video", tenant));
    const unknown = newRef("job", tenant);
    const found = await records().reconciler.attemptsOf([done.ref, waiting.ref, unknown]);
    expect(found.get(refKey(done.ref))).toMatchObject({ attempt: 1, status: "DONE" });
    expect(Math.abs((found.get(refKey(done.ref))?.finishedAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(found.get(refKey(waiting.ref))).toEqual({ attempt: 1, status: "PENDING", finishedAtMs: null });
    expect(found.size).toBe(2);
    expect((await records().reconciler.attemptsOf([])).size).toBe(0);
  });
}

import { jobRef, refKey, type JobRef, type OutboxEntry, type Tick } from "@statusplane/core";
import type { Database } from "@statusplane/postgres";
import { beforeEach, expect, it } from "vitest";
import {
  claimed,
  entryOf,
  LEASE_MS,
  letPass,
  newJob,
  newRef,
  newTenant,
  quiet,
  running,
  submitted,
  success,
} from "./open-records.ts";

const SETTLE_MS = 60_000;
const TAKE_MS = 30_000;
const HOUR_MS = 3_600_000;

/** Tick, take, mark, delete, sweep, and what follows a loss of data. */
export function describeReconciler(database: () => Database): void {
  beforeEach(() => quiet(database()));

  const tick = (owner: string, takeLimit = 500, leaseMs = 15_000): Promise<Tick> =>
    database().reconciler.tick({ owner, leaseMs, takeLimit, takeMs: TAKE_MS });
  const refsOf = (entries: readonly OutboxEntry[]): string[] => entries.map(({ ref }) => ref.id);
  /** A submitted job whose entry is due. */
  async function due(): Promise<JobRef> {
    const { ref } = await submitted(database());
    await letPass(database(), ref, "entry");
    return ref;
  }
  /** What an hour less on the clock makes of what was written before. */
  async function setBack(table: string, ...columns: readonly string[]): Promise<void> {
    const set = columns.map((column) => `${column} = ${column} + interval '1 hour'`).join(", ");
    await database().query("watching", { text: `UPDATE statusplane.${table} SET ${set}` });
  }
  async function loseLease(ref: JobRef): Promise<void> {
    await letPass(database(), ref, "lease");
    await database().reconciler.sweep(200);
  }

  it("has one leader: another is refused until the lease is over or given up", async () => {
    expect(await tick("a")).toMatchObject({ leading: true });
    expect(await tick("b")).toMatchObject({ leading: false, entries: [] });
    expect(await tick("a")).toMatchObject({ leading: true });
    await database().reconciler.resign("b"); // not its own to give up
    expect(await tick("b")).toMatchObject({ leading: false });
    await database().reconciler.resign("a");
    expect(await tick("b", 0, 0)).toMatchObject({ leading: true });
    expect(await tick("a")).toMatchObject({ leading: true }); // b's lease of 0 ms is over
  });

  it("elects one of ten who tick at once", async () => {
    const ticks = await Promise.all(Array.from({ length: 10 }, (_, i) => tick(`p${i}`)));
    expect(ticks.filter(({ leading }) => leading)).toHaveLength(1);
  });

  it("counts ticks and tells the time of the one before, over a change of leader", async () => {
    const first = await tick("a");
    await database().reconciler.resign("a");
    const second = await tick("b");
    expect(second.tick).toBe(first.tick + 1);
    expect(second.previousTickedAtMs).toBe(first.tickedAtMs);
    expect(second.tickedAtMs).toBeGreaterThanOrEqual(first.tickedAtMs);
    expect(Math.abs(second.tickedAtMs - Date.now())).toBeLessThan(60_000);
  });

  it("takes due entries with their rows, and not again until the taker may have died", async () => {
    const ref = await due();
    await submitted(database()); // still the committer's
    const { entries } = await tick("a");
    expect(entries).toMatchObject([
      { applied: false, record: { ref, status: "PENDING", payload: { rows: 3 } } },
    ]);
    expect((await entryOf(database(), ref))?.dueInMs).toBeGreaterThan(TAKE_MS / 2);
    expect((await tick("a")).entries).toEqual([]);
    expect(await database().reconciler.take(500, TAKE_MS)).toEqual([]);
  });

  it("takes nothing while the store does not answer, or for one who does not lead", async () => {
    await due();
    expect((await tick("a", 0)).entries).toEqual([]);
    expect((await tick("b")).entries).toEqual([]);
    expect((await tick("a")).entries).toHaveLength(1);
  });

  it("takes what is due the longest first, up to the limit", async () => {
    const refs = [await due(), await due(), await due()];
    await database().query("watching", {
      text: "UPDATE statusplane.job_outbox SET due_at = now() - interval '1 hour' WHERE id = $1",
      values: [refs[1]?.id],
    });
    expect(refsOf(await database().reconciler.take(1, TAKE_MS))).toEqual([refs[1]?.id]);
    expect(new Set(refsOf((await tick("a", 500)).entries))).toEqual(new Set([refs[0]?.id, refs[2]?.id]));
  });

  it("gives no entry to two relays that take at once", async () => {
    for (let i = 0; i < 30; i++) await due();
    const taken = await Promise.all(Array.from({ length: 4 }, () => database().reconciler.take(30, TAKE_MS)));
    const rest = await database().reconciler.take(30, TAKE_MS);
    const ids = [...taken, rest].flatMap(refsOf);
    expect(ids).toHaveLength(30);
    expect(new Set(ids).size).toBe(30);
  });

  it("lets an entry settle, takes it a second time, and deletes it", async () => {
    const ref = await due();
    const [first] = (await tick("a")).entries;
    await database().reconciler.markApplied(first === undefined ? [] : [first], SETTLE_MS);
    const settling = await entryOf(database(), ref);
    expect(settling).toMatchObject({ applied: true, generation: first?.generation });
    expect(settling?.dueInMs).toBeGreaterThan(TAKE_MS);
    await letPass(database(), ref, "entry");
    const second = await database().reconciler.take(500, TAKE_MS);
    expect(second).toMatchObject([{ applied: true, generation: first?.generation }]);
    await database().reconciler.deleteApplied(second);
    expect(await entryOf(database(), ref)).toBeNull();
  });

  it("neither marks nor deletes an entry that a newer change has left meanwhile", async () => {
    const ref = await due();
    const { entries } = await tick("a");
    await claimed(database(), ref);
    await database().worker.finish(ref, 1, success("job"));
    const newer = await entryOf(database(), ref);
    await database().reconciler.markApplied(entries, SETTLE_MS);
    await database().reconciler.deleteApplied(entries);
    const after = await entryOf(database(), ref);
    expect(after).toMatchObject({ generation: newer?.generation, applied: false });
    expect(after?.dueInMs).toBeLessThanOrEqual(2_000);
  });

  it("applies the entry of a newer change twice again, though the older one had settled", async () => {
    const ref = await due();
    await database().reconciler.markApplied(await database().reconciler.take(1, TAKE_MS), SETTLE_MS);
    await database().requests.cancel(ref);
    expect(await entryOf(database(), ref)).toMatchObject({ applied: false });
  });

  it("makes a lost lease the next attempt, due at once", async () => {
    const { ref } = await running(database());
    await letPass(database(), ref, "lease");
    expect(await database().reconciler.sweep(200)).toMatchObject([
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
    expect((await entryOf(database(), ref))?.dueInMs).toBeLessThanOrEqual(0);
    expect(await database().worker.finish(ref, 1, success("job"))).toBeNull();
    expect(await database().worker.renew([{ ref, attempt: 1 }], LEASE_MS)).toEqual([]);
    expect(await database().reconciler.sweep(200)).toEqual([]);
  });

  it("leaves alone what is renewed, up to the limit ends the oldest", async () => {
    const renewed = await running(database());
    const refs = [await running(database()), await running(database())].map(({ ref }) => ref);
    for (const ref of [renewed.ref, ...refs]) await letPass(database(), ref, "lease");
    await database().query("watching", {
      text: "UPDATE statusplane.job SET lease_until = now() - interval '1 hour' WHERE id = $1",
      values: [refs[1]?.id],
    });
    await database().worker.renew([{ ref: renewed.ref, attempt: 1 }], LEASE_MS);
    expect((await database().reconciler.sweep(1)).map(({ record }) => record.ref.id)).toEqual([refs[1]?.id]);
    expect((await database().reconciler.sweep(200)).map(({ record }) => record.ref.id)).toEqual([
      refs[0]?.id,
    ]);
  });

  it("calls a job poison when every try lost its worker", async () => {
    const { ref } = await submitted(database(), newRef(), { maxTries: 2 });
    for (const attempt of [1, 2]) {
      expect(await claimed(database(), ref)).toMatchObject({ attempt });
      await loseLease(ref);
    }
    const record = await database().worker.find(ref);
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
    const { ref } = await running(database(), newRef(), { maxTries: 2 });
    const failure = {
      errorCode: "internal_error",
      errorMessage: "m",
      errorDetail: null,
      retryable: true,
      backoffMs: 0,
    };
    await database().worker.failTry(ref, 1, failure);
    await claimed(database(), ref);
    await loseLease(ref);
    expect(await database().worker.find(ref)).toMatchObject({
      status: "FAILED",
      errorCode: "worker_lost",
      triesLost: 1,
    });
  });

  it("does not count a try that was handed back", async () => {
    const { ref } = await running(database(), newRef(), { maxTries: 1 });
    await database().worker.handBack(ref, 1);
    expect(await claimed(database(), ref)).toMatchObject({ attempt: 2, tries: 1 });
    expect(await database().worker.finish(ref, 2, success("job"))).toMatchObject({ status: "DONE" });
  });

  it("commits CANCELLED for a lost lease once a cancel was accepted", async () => {
    const { ref } = await running(database());
    await database().requests.cancel(ref);
    await letPass(database(), ref, "lease");
    expect(await database().reconciler.sweep(200)).toMatchObject([
      { endedAttempt: 1, record: { status: "CANCELLED", attempt: 1, errorCode: "cancelled", result: null } },
    ]);
  });

  it("ends each of many lost leases once: by its worker or by one of two sweepers", async () => {
    const refs = await Promise.all(Array.from({ length: 12 }, async () => (await running(database())).ref));
    for (const ref of refs) await letPass(database(), ref, "lease");
    const [sweptA, sweptB, ...finished] = await Promise.all([
      database().reconciler.sweep(200),
      database().reconciler.sweep(200),
      ...refs.map((ref) => database().worker.finish(ref, 1, success("job"))),
    ]);
    const swept = [...sweptA, ...sweptB].map(({ record }) => record.ref.id);
    const done = finished.flatMap((record) => (record === null ? [] : [record.ref.id]));
    const rest = (await database().reconciler.sweep(200)).map(({ record }) => record.ref.id);
    expect([...swept, ...done, ...rest].sort()).toEqual(refs.map(({ id }) => id).sort());
  });

  it("gives the lease row away when it lies further ahead than any term: the clock was set back", async () => {
    expect(await tick("a")).toMatchObject({ leading: true });
    await setBack("reconciler", "lease_until", "ticked_at");
    const taken = await tick("b");
    expect(taken).toMatchObject({ leading: true });
    expect(taken.previousTickedAtMs - taken.tickedAtMs).toBeGreaterThan(HOUR_MS - 60_000);
    expect(await tick("a")).toMatchObject({ leading: false });
  });

  it("follows a clock that was set back: what waits is due at once, leases and entries end within their terms", async () => {
    await database().query("watching", { text: "DELETE FROM statusplane.job" });
    const waiting = [await submitted(database()), await submitted(database()), await submitted(database())];
    const { ref: live } = await running(database());
    const { ref: renewed } = await running(database());
    const { ref: ended } = await running(database());
    await database().worker.finish(ended, 1, success("job"));
    await letPass(database(), ended, "entry");
    await database().reconciler.markApplied(await database().reconciler.take(1, TAKE_MS), SETTLE_MS);
    await setBack("job", "run_at", "lease_until");
    await setBack("job_outbox", "due_at");
    expect(await database().worker.claim(waiting[0]?.ref ?? live, "w", LEASE_MS)).toMatchObject({
      outcome: "later",
    });
    await database().worker.renew([{ ref: renewed, attempt: 1 }], LEASE_MS);

    const follow = (): Promise<boolean> =>
      database().reconciler.followClock({ leaseMs: LEASE_MS / 2, settleMs: SETTLE_MS, limit: 2 });
    expect([await follow(), await follow(), await follow()]).toEqual([true, false, false]);

    for (const { ref } of waiting) {
      const entry = await entryOf(database(), ref);
      expect(entry).toMatchObject({ applied: false });
      expect(entry?.dueInMs).toBeLessThanOrEqual(0);
      expect(await claimed(database(), ref)).toMatchObject({ attempt: 1, tries: 1 });
    }
    const settling = await entryOf(database(), ended);
    expect(settling).toMatchObject({ applied: true });
    expect(settling?.dueInMs).toBeGreaterThan(TAKE_MS);
    expect(settling?.dueInMs).toBeLessThanOrEqual(SETTLE_MS);
    const { rows } = await database().query("watching", {
      text: `SELECT id FROM statusplane.job WHERE status = 'PROCESSING' AND lease_until > now() + interval '${LEASE_MS / 2} ms'`,
    });
    expect(rows.map(({ id }) => id).filter((id) => id === live.id || id === renewed.id)).toEqual([]);
    expect(await database().reconciler.sweep(200)).toEqual([]);
  });

  it("leaves a clock that was not set back alone", async () => {
    await database().query("watching", { text: "DELETE FROM statusplane.job" });
    const { ref } = await submitted(database());
    const { ref: live } = await running(database());
    const entry = await entryOf(database(), ref);
    expect(
      await database().reconciler.followClock({ leaseMs: LEASE_MS, settleMs: SETTLE_MS, limit: 500 }),
    ).toBe(false);
    expect((await entryOf(database(), ref))?.generation).toBe(entry?.generation);
    expect(await database().worker.find(live)).toMatchObject({ status: "PROCESSING" });
  });

  it("pages what waits by key", async () => {
    const tenant = newTenant();
    const refs = Array.from({ length: 5 }, (_, i) => jobRef(tenant, i < 3 ? "job" : "video", `id-${i}`));
    for (const ref of refs) await submitted(database(), ref);
    await running(database(), jobRef(tenant, "job", "id-1x"));
    const found: string[] = [];
    let after: JobRef | null = jobRef(tenant, "job", "0");
    for (;;) {
      const page = await database().reconciler.pageWaiting(after, 2);
      found.push(...page.filter(({ ref }) => ref.tenant === tenant).map(({ ref }) => refKey(ref)));
      after = page.at(-1)?.ref ?? null;
      if (page.length < 2) break;
    }
    expect(found).toEqual(refs.map(refKey));
  });

  it.each([1, 3, 100])("gives what a loss concerns an entry, in pages of %i", async (limit) => {
    await database().query("watching", { text: "DELETE FROM statusplane.job" });
    const [waiting, waitingToo] = [await submitted(database()), await submitted(database())];
    const live = await running(database());
    const ended = [await running(database()), await running(database()), await running(database())];
    for (const { ref } of ended) await database().worker.finish(ref, 1, success("job"));
    const old = await running(database());
    await database().worker.finish(old.ref, 1, success("job"));
    await database().query("watching", {
      text: "UPDATE statusplane.job SET finished_at = now() - interval '1 hour' WHERE id = $1",
      values: [old.ref.id],
    });
    await database().query("watching", { text: "DELETE FROM statusplane.job_outbox" });
    let pages = 0;
    let after: JobRef | null = null;
    do {
      after = await database().reconciler.enqueueLost(Date.now() - 900_000, after, limit);
      pages += 1;
    } while (after !== null && pages < 20);
    const concerned = [waiting, waitingToo, ...ended].map(({ ref }) => ref.id);
    expect(refsOf(await database().reconciler.take(500, TAKE_MS)).sort()).toEqual(concerned.sort());
    expect(await entryOf(database(), live.ref)).toBeNull();
    expect(await entryOf(database(), old.ref)).toBeNull();
  });

  it("gives only what waits an entry when the queue alone lost data", async () => {
    await database().query("watching", { text: "DELETE FROM statusplane.job" });
    const waiting = await submitted(database());
    const done = await running(database());
    await database().worker.finish(done.ref, 1, success("job"));
    await database().query("watching", { text: "DELETE FROM statusplane.job_outbox" });
    expect(await database().reconciler.enqueueLost(null, null, 100)).toBeNull();
    expect(await entryOf(database(), waiting.ref)).not.toBeNull();
    expect(await entryOf(database(), done.ref)).toBeNull();
  });

  it("gives an entry of a loss a new generation", async () => {
    await database().query("watching", { text: "DELETE FROM statusplane.job" });
    const { ref } = await submitted(database());
    await letPass(database(), ref, "entry");
    const taken = await database().reconciler.take(1, TAKE_MS);
    await database().reconciler.enqueueLost(null, null, 100);
    await database().reconciler.deleteApplied(taken);
    expect(await entryOf(database(), ref)).not.toBeNull();
  });

  it("tells the collector which attempt a row names", async () => {
    const tenant = newTenant();
    const done = await running(database(), newRef("job", tenant));
    await database().worker.finish(done.ref, 1, success("job"));
    const waiting = await submitted(database(), newRef("video", tenant));
    const unknown = newRef("job", tenant);
    const found = await database().reconciler.attemptsOf([done.ref, waiting.ref, unknown]);
    expect(found.get(refKey(done.ref))).toMatchObject({ attempt: 1, status: "DONE" });
    expect(Math.abs((found.get(refKey(done.ref))?.finishedAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(found.get(refKey(waiting.ref))).toEqual({ attempt: 1, status: "PENDING", finishedAtMs: null });
    expect(found.size).toBe(2);
    expect((await database().reconciler.attemptsOf([])).size).toBe(0);
  });

  it("forgets old idempotency keys only", async () => {
    const tenant = newTenant();
    for (const key of ["old", "new"]) {
      await submitted(database(), newRef("job", tenant), { idempotency: { key, bodyHash: "h" } });
    }
    await database().query("watching", {
      text: "UPDATE statusplane.idempotency SET used_at = now() - interval '25 hours' WHERE tenant_id = $1 AND key = 'old'",
      values: [tenant],
    });
    expect(await database().reconciler.forgetIdempotencyKeys(86_400_000)).toBe(1);
    const again = (key: string): Promise<unknown> =>
      database().requests.submit(newJob(newRef("job", tenant), { idempotency: { key, bodyHash: "h" } }));
    expect(await again("old")).toMatchObject({ outcome: "created" });
    expect(await again("new")).toMatchObject({ outcome: "repeated" });
  });

  it("answers the outbox's depth and the age of the oldest unrepaired entry from the last tick, without a statement", async () => {
    const ref = await due();
    await submitted(database());
    await database().query("watching", {
      text: "UPDATE statusplane.job_outbox SET since = now() - interval '100 s' WHERE id = $1",
      values: [ref.id],
    });
    const { entries } = await tick("a");
    const sent = { ...database().statements };
    const stats = await database().reconciler.stats();
    expect(stats.entries).toBe(2);
    expect(stats.oldestUnrepairedMs).toBeGreaterThanOrEqual(100_000);
    expect(stats.oldestUnrepairedMs).toBeLessThan(160_000);
    expect(database().statements).toEqual(sent);
    await database().reconciler.markApplied(entries, SETTLE_MS);
    await tick("a");
    expect(await database().reconciler.stats()).toEqual({ entries: 2, oldestUnrepairedMs: 0 });
  });
}

import { refKey, type JobRef } from "@statusplane/core";
import { beforeEach, expect, it } from "vitest";
import {
  claimed,
  newJob,
  newRef,
  newTenant,
  running,
  submitted,
  success,
  type OpenedRecords,
} from "./opened-records.ts";

const DAY_MS = 86_400_000;

/** A finished row goes, with all that hangs on it, and leaves word for the relay. */
export function describeRemoval(records: () => OpenedRecords): void {
  beforeEach(() => records().quiet());

  async function ended(ref: JobRef = newRef(), key?: string): Promise<JobRef> {
    const more = key === undefined ? {} : { idempotency: { key, bodyHash: "h" } };
    await running(records(), ref, more);
    await records().worker.finish(ref, 1, success(ref.kind));
    return ref;
  }
  const isThere = async (ref: JobRef): Promise<boolean> => (await records().requests.find(ref)) !== null;

  it.each(["video", "job"] as const)(
    "removes a finished %s by one statement, with its key and attempts, and leaves an entry for the relay",
    async (kind) => {
      const ref = await ended(newRef(kind), "k");
      const same = await ended(newRef(kind, ref.tenant), "other");
      const entry = await records().entryOf(ref);
      const before = records().statements();
      expect(await records().requests.remove(ref)).toBe("removed");
      expect(records().statements()).toBe(before + 1);
      expect(await records().requests.findMany([ref])).toEqual([null]);
      expect([await isThere(ref), await isThere(same)]).toEqual([false, true]);
      expect([await records().hangingOn(ref), await records().hangingOn(same)]).toEqual([0, 2]);
      const left = await records().entryOf(ref);
      expect(left).toMatchObject({ applied: false });
      expect(left?.generation).not.toBe(entry?.generation);
      expect(left?.dueInMs).toBeGreaterThan(0);
      const page = await records().requests.page(ref.tenant, kind, { cursor: null, limit: 9 });
      expect(page.items.map((item) => item.ref.id)).toEqual([same.id]);
    },
  );

  it("removes each kind of end, and nothing that has not ended", async () => {
    const { worker, requests } = records();
    const failed = await running(records());
    const failure = { errorCode: "e", errorMessage: "m", errorDetail: null, retryable: false, backoffMs: 0 };
    await worker.failTry(failed.ref, 1, failure);
    const cancelled = await submitted(records());
    await requests.cancel(cancelled.ref);
    expect(await requests.remove(failed.ref)).toBe("removed");
    expect(await requests.remove(cancelled.ref)).toBe("removed");
    const waiting = await submitted(records());
    const works = await running(records());
    const before = records().statements();
    for (const { ref } of [waiting, works]) expect(await requests.remove(ref)).toBe("not_finished");
    expect(records().statements()).toBe(before + 4);
    expect([await isThere(waiting.ref), await isThere(works.ref)]).toEqual([true, true]);
  });

  it("knows no other tenant's job, no unknown one, and none that is gone", async () => {
    const ref = await ended();
    const foreign = { ...newRef("job", newTenant()), id: ref.id };
    expect(await records().requests.remove(foreign)).toBe("not_found");
    expect(await records().requests.remove(newRef())).toBe("not_found");
    expect(await isThere(ref)).toBe(true);
    expect(await records().requests.remove(ref)).toBe("removed");
    expect(await records().requests.remove(ref)).toBe("not_found");
    expect(await records().entryOf(foreign)).toBeNull();
  });

  it("frees the Idempotency-Key: what comes with it again is a new job", async () => {
    const ref = await ended(newRef(), "again");
    await records().requests.remove(ref);
    const idempotency = { key: "again", bodyHash: "h" };
    const again = await records().requests.submit(newJob(newRef("job", ref.tenant), { idempotency }));
    expect(again.outcome).toBe("created");
  });

  it("gives the relay the entry without a row, at its tick too, until it was applied twice", async () => {
    const ref = await ended();
    await records().requests.remove(ref);
    const { reconciler } = records();
    await records().letPass(ref, "entry");
    const taken = await reconciler.take(500, 30_000);
    expect(taken).toMatchObject([{ ref, record: null, applied: false }]);
    await reconciler.markApplied(taken, 60_000);
    await records().letPass(ref, "entry");
    const options = { owner: "w", leaseMs: 15_000, takeLimit: 500, takeMs: 30_000 };
    const { entries } = await reconciler.tick(options);
    expect(entries).toMatchObject([{ ref, record: null, applied: true }]);
    await reconciler.deleteApplied(entries);
    expect(await records().entryOf(ref)).toBeNull();
  });

  it("lets no late worker or person do anything to a job that is gone", async () => {
    const { worker, requests } = records();
    const ref = await ended();
    await requests.remove(ref);
    expect(await worker.finish(ref, 1, success("job"))).toBeNull();
    expect(await worker.handBack(ref, 1)).toBeNull();
    expect(await worker.claim(ref, "w", 1_000)).toEqual({ outcome: "gone" });
    expect(await requests.cancel(ref)).toEqual({ outcome: "not_found" });
    expect(await requests.retry(ref)).toEqual({ outcome: "not_found" });
    expect((await records().reconciler.attemptsOf([ref])).get(refKey(ref))).toBeUndefined();
  });

  it("removes what ended long ago, the oldest first, a page by one statement", async () => {
    const [oldest, old, young] = [await ended(), await ended(), await ended()];
    const alive = await running(records());
    await records().letPass(oldest, "end", 12 * DAY_MS);
    await records().letPass(old, "end", 11 * DAY_MS);
    await records().letPass(young, "end", 9 * DAY_MS);
    const { reconciler } = records();
    const before = records().statements();
    expect(await reconciler.removeEnded(10 * DAY_MS, 1)).toBe(1);
    expect(records().statements()).toBe(before + 1);
    expect([await isThere(oldest), await isThere(old)]).toEqual([false, true]);
    expect(await reconciler.removeEnded(10 * DAY_MS, 500)).toBe(1);
    expect(await reconciler.removeEnded(10 * DAY_MS, 500)).toBe(0);
    expect([await isThere(young), await isThere(alive.ref)]).toEqual([true, true]);
    expect(await records().hangingOn(old)).toBe(0);
    expect((await records().entryOf(old))?.dueInMs).toBeLessThanOrEqual(0);
  });

  it("removes a running job of a later attempt neither by hand nor by age", async () => {
    const { worker, requests, reconciler } = records();
    const { ref } = await running(records());
    await worker.failTry(ref, 1, {
      ...{ errorCode: "e", errorMessage: "m", errorDetail: null, retryable: false, backoffMs: 0 },
    });
    await records().letPass(ref, "end", 99 * DAY_MS);
    await requests.retry(ref);
    await claimed(records(), ref);
    expect(await requests.remove(ref)).toBe("not_finished");
    await reconciler.removeEnded(DAY_MS, 500);
    expect(await isThere(ref)).toBe(true);
  });
}

import { refKey, type JobRef } from "@statusplane/core";
import type { Database } from "@statusplane/postgres";
import { beforeEach, expect, it } from "vitest";
import {
  claimed,
  entryOf,
  letPass,
  newJob,
  newRef,
  newTenant,
  quiet,
  running,
  submitted,
  success,
} from "./open-records.ts";

const DAY_MS = 86_400_000;

/** A finished row goes, with all that hangs on it, and leaves word for the relay. */
export function describeRemoval(database: () => Database): void {
  beforeEach(() => quiet(database()));

  async function ended(ref: JobRef = newRef(), key?: string): Promise<JobRef> {
    const more = key === undefined ? {} : { idempotency: { key, bodyHash: "h" } };
    await running(database(), ref, more);
    await database().worker.finish(ref, 1, success(ref.kind));
    return ref;
  }
  const rowsOf = async (table: string, ref: JobRef): Promise<number> => {
    const text = `SELECT FROM :"statusplane".${table} WHERE tenant_id = $1 AND id = $2`;
    return (await database().query("watching", { text, values: [ref.tenant, ref.id] })).rows.length;
  };
  const letAge = (refs: readonly JobRef[], days: number) =>
    database().query("watching", {
      text: `UPDATE :"statusplane".job SET finished_at = now() - $2::float8 * interval '1 day' WHERE id = ANY ($1)`,
      values: [refs.map(({ id }) => id), days],
    });

  it.each(["video", "job"] as const)(
    "removes a finished %s by one statement, with its key and attempts, and leaves an entry for the relay",
    async (kind) => {
      const ref = await ended(newRef(kind), "k");
      const same = await ended(newRef(kind, ref.tenant), "other");
      const entry = await entryOf(database(), ref);
      const before = database().statements.people;
      expect(await database().requests.remove(ref)).toBe("removed");
      expect(database().statements.people).toBe(before + 1);
      expect(await database().requests.findMany([ref])).toEqual([null]);
      for (const table of ["job", "job_attempt", "idempotency"]) {
        expect([table, await rowsOf(table, ref), await rowsOf(table, same)]).toEqual([table, 0, 1]);
      }
      const left = await entryOf(database(), ref);
      expect(left).toMatchObject({ applied: false });
      expect(left?.generation).not.toBe(entry?.generation);
      expect(left?.dueInMs).toBeGreaterThan(0);
      const page = await database().requests.page(ref.tenant, kind, { cursor: null, limit: 9 });
      expect(page.items.map((item) => item.ref.id)).toEqual([same.id]);
    },
  );

  it("removes each kind of end, and nothing that has not ended", async () => {
    const { worker, requests } = database();
    const failed = await running(database());
    const failure = { errorCode: "e", errorMessage: "m", errorDetail: null, retryable: false, backoffMs: 0 };
    await worker.failTry(failed.ref, 1, failure);
    const cancelled = await submitted(database());
    await requests.cancel(cancelled.ref);
    expect(await requests.remove(failed.ref)).toBe("removed");
    expect(await requests.remove(cancelled.ref)).toBe("removed");
    const waiting = await submitted(database());
    const works = await running(database());
    const before = database().statements.people;
    for (const { ref } of [waiting, works]) {
      expect(await requests.remove(ref)).toBe("not_finished");
      expect(await rowsOf("job", ref)).toBe(1);
    }
    expect(database().statements.people).toBe(before + 4);
  });

  it("knows no other tenant's job, no unknown one, and none that is gone", async () => {
    const ref = await ended();
    const foreign = { ...newRef("job", newTenant()), id: ref.id };
    expect(await database().requests.remove(foreign)).toBe("not_found");
    expect(await database().requests.remove(newRef())).toBe("not_found");
    expect(await rowsOf("job", ref)).toBe(1);
    expect(await database().requests.remove(ref)).toBe("removed");
    expect(await database().requests.remove(ref)).toBe("not_found");
    expect(await entryOf(database(), foreign)).toBeNull();
  });

  it("frees the Idempotency-Key: what comes with it again is a new job", async () => {
    const ref = await ended(newRef(), "again");
    await database().requests.remove(ref);
    const idempotency = { key: "again", bodyHash: "h" };
    const again = await database().requests.submit(newJob(newRef("job", ref.tenant), { idempotency }));
    expect(again.outcome).toBe("created");
  });

  it("gives the relay the entry without a row, at its tick too, until it was applied twice", async () => {
    const ref = await ended();
    await database().requests.remove(ref);
    const { reconciler } = database();
    await letPass(database(), ref, "entry");
    const taken = await reconciler.take(500, 30_000);
    expect(taken).toMatchObject([{ ref, record: null, applied: false }]);
    await reconciler.markApplied(taken, 60_000);
    await letPass(database(), ref, "entry");
    const options = { owner: "w", leaseMs: 15_000, takeLimit: 500, takeMs: 30_000 };
    const { entries } = await reconciler.tick(options);
    expect(entries).toMatchObject([{ ref, record: null, applied: true }]);
    await reconciler.deleteApplied(entries);
    expect(await entryOf(database(), ref)).toBeNull();
  });

  it("lets no late worker or person do anything to a job that is gone", async () => {
    const { worker, requests } = database();
    const ref = await ended();
    await requests.remove(ref);
    expect(await worker.finish(ref, 1, success("job"))).toBeNull();
    expect(await worker.handBack(ref, 1)).toBeNull();
    expect(await worker.claim(ref, "w", 1_000)).toEqual({ outcome: "gone" });
    expect(await requests.cancel(ref)).toEqual({ outcome: "not_found" });
    expect(await requests.retry(ref)).toEqual({ outcome: "not_found" });
    expect((await database().reconciler.attemptsOf([ref])).get(refKey(ref))).toBeUndefined();
  });

  it("removes what ended long ago, the oldest first, a page by one statement", async () => {
    const [oldest, old, young] = [await ended(), await ended(), await ended()];
    const alive = await running(database());
    await letAge([oldest], 12);
    await letAge([old], 11);
    await letAge([young], 9);
    const { reconciler } = database();
    const before = database().statements.housekeeping;
    expect(await reconciler.removeEnded(10 * DAY_MS, 1)).toBe(1);
    expect(database().statements.housekeeping).toBe(before + 1);
    expect([await rowsOf("job", oldest), await rowsOf("job", old)]).toEqual([0, 1]);
    expect(await reconciler.removeEnded(10 * DAY_MS, 500)).toBe(1);
    expect(await reconciler.removeEnded(10 * DAY_MS, 500)).toBe(0);
    expect([await rowsOf("job", young), await rowsOf("job", alive.ref)]).toEqual([1, 1]);
    expect(await rowsOf("job_attempt", old)).toBe(0);
    expect((await entryOf(database(), old))?.dueInMs).toBeLessThanOrEqual(0);
  });

  it("removes a running job of a later attempt neither by hand nor by age", async () => {
    const { worker, requests, reconciler } = database();
    const { ref } = await running(database());
    await worker.failTry(ref, 1, {
      ...{ errorCode: "e", errorMessage: "m", errorDetail: null, retryable: false, backoffMs: 0 },
    });
    await letAge([ref], 99);
    await requests.retry(ref);
    await claimed(database(), ref);
    expect(await requests.remove(ref)).toBe("not_finished");
    await reconciler.removeEnded(DAY_MS, 500);
    expect(await rowsOf("job", ref)).toBe(1);
  });
}

import type { Tick } from "@statusplane/core";
import {
  claimed,
  LEASE_MS,
  newJob,
  newRef,
  newTenant,
  running,
  submitted,
  success,
} from "@statusplane/core/testing/job-records";
import type { Database } from "@statusplane/postgres";
import { beforeEach, expect, it } from "vitest";
import { clear, entryOf, letPass, quiet } from "../open-rows.ts";

const SETTLE_MS = 60_000;
const TAKE_MS = 30_000;
const HOUR_MS = 3_600_000;

/** The reconciler's statements where only the tables show what they do. */
export function describeReconcilerRows(database: () => Database): void {
  beforeEach(() => quiet(database()));

  const tick = (owner: string, takeLimit = 500, leaseMs = 15_000): Promise<Tick> =>
    database().reconciler.tick({ owner, leaseMs, takeLimit, takeMs: TAKE_MS });
  /** What an hour less on the clock makes of what was written before. */
  async function setBack(table: string, ...columns: readonly string[]): Promise<void> {
    const set = columns.map((column) => `${column} = ${column} + interval '1 hour'`).join(", ");
    await database().query("watching", { text: `UPDATE statusplane.${table} SET ${set}` });
  }

  it("gives the lease row away when it lies further ahead than any term: the clock was set back", async () => {
    expect(await tick("a")).toMatchObject({ leading: true });
    await setBack("reconciler", "lease_until", "ticked_at");
    const taken = await tick("b");
    expect(taken).toMatchObject({ leading: true });
    expect(taken.previousTickedAtMs - taken.tickedAtMs).toBeGreaterThan(HOUR_MS - 60_000);
    expect(await tick("a")).toMatchObject({ leading: false });
  });

  it("follows a clock that was set back: what waits is due at once, leases and entries end within their terms", async () => {
    await clear(database());
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
    const { ref } = await submitted(database());
    await letPass(database(), ref, "entry");
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

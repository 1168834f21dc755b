import { DEFAULT_TIMINGS, type WriteAnswer } from "@statusplane/core";
import { expect } from "vitest";
import type { ContractContext } from "./contract-types.ts";
import { doneWith, failed, freshRef, pending, processing } from "./sample-snapshots.ts";

/** What is left of a job whose row is gone, and who may bring it back. */
export function describeRemoval({ check, opened, open }: ContractContext): void {
  check("a removed job is not there: no snapshot, no hash, no result, not on the active list", async () => {
    const { store, hash } = opened();
    const [live, ended] = [freshRef("job"), freshRef("job")];
    await store.writer.write("announce", processing(live));
    await store.writer.write("finish", doneWith(ended, 1, { kind: "large", bytes: 3, text: "[1]" }));
    for (const ref of [live, ended]) {
      await store.writer.remove(ref);
      expect(await store.reader.read(ref)).toBeNull();
      expect(await store.reader.readResult(ref)).toBeNull();
      expect(await hash(ref)).toBeNull();
    }
    expect(await store.reader.readMany([live, ended])).toEqual([null, null]);
    const active = await store.reader.readActive(live.tenant, 100);
    expect(active.snapshots.map(({ ref }) => ref.id)).not.toContain(live.id);
  });

  check("no late writer brings a removed job back, and each is told that it is fenced", async () => {
    const { store, life } = opened();
    const ref = freshRef("job");
    await store.writer.write("finish", failed(ref, 2));
    await store.writer.remove(ref);
    const late = [
      await store.writer.write("announce", processing(ref, 1, 1)),
      await store.writer.write("progress", processing(ref, 2, 7)),
      await store.writer.write("finish", failed(ref, 2)),
      await store.writer.write("announce", pending(ref, 3)),
    ];
    const fenced = { answer: "fenced" satisfies WriteAnswer, cancelRequested: false };
    expect(late).toEqual([fenced, fenced, fenced, fenced]);
    expect(await store.writer.requestCancel(ref, 2)).toBe(false);
    await store.writer.restoreResult(ref, 2, "[1]");
    expect([await store.reader.read(ref), await store.reader.readResult(ref)]).toEqual([null, null]);
    const { status, progress, result } = await life(ref);
    expect(status).toBeTypeOf("number");
    expect(status).toBeLessThanOrEqual(DEFAULT_TIMINGS.liveTtlSeconds);
    expect(status).toBeGreaterThan(DEFAULT_TIMINGS.liveTtlSeconds - 60);
    expect([progress, result]).toEqual(["absent", "absent"]);
  });

  check("a removal may come again, and concerns no other job", async () => {
    const { store } = opened();
    const [gone, stays] = [freshRef("job"), freshRef("job")];
    for (const ref of [gone, stays]) await store.writer.write("finish", failed(ref));
    await store.writer.remove(gone);
    await store.writer.remove(gone);
    expect(await store.reader.read(gone)).toBeNull();
    expect((await store.reader.read(stays))?.status).toBe("FAILED");
  });

  check("whoever watches a removed job hears nothing of it", async () => {
    const own = await open();
    try {
      const ref = freshRef("job");
      const heard: string[] = [];
      const subscription = await own.store.feed.subscribe([ref], ({ status }) => heard.push(status));
      await own.store.writer.remove(ref);
      await own.store.writer.write("announce", processing(ref));
      await subscription.watch([ref]);
      expect(heard).toEqual([]);
      await subscription.close();
    } finally {
      await own.close();
    }
  });
}

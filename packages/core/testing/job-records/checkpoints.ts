import type { JobRef, Json } from "@statusplane/core";
import { expect, it } from "vitest";
import {
  CLAIM_OWNER,
  LEASE_MS,
  newRef,
  running,
  submitted,
  success,
  type OpenedRecords,
} from "./opened-records.ts";

const FAILURE = { errorCode: "e", errorMessage: "m", errorDetail: null, retryable: true, backoffMs: 0 };
const CHECKPOINT = { row: 7, text: 'a\u0000"\\{}, 봄', list: [1.5, null, true] };

/** What an attempt leaves to the next one. */
export function describeCheckpoints(records: () => OpenedRecords): void {
  async function resumed(ref: JobRef): Promise<Json> {
    const claim = await records().worker.claim(ref, CLAIM_OWNER, LEASE_MS);
    if (claim.outcome !== "claimed") throw new Error(`claim: ${claim.outcome}`);
    return claim.checkpoint;
  }
  const renew = (ref: JobRef, attempt: number, checkpoint?: Json) =>
    records().worker.renew([{ ref, attempt, ...(checkpoint === undefined ? {} : { checkpoint }) }], LEASE_MS);
  const kept = (ref: JobRef): Promise<Json> => records().checkpointOf(ref);

  it("keeps many jobs' checkpoints by the one statement that renews their leases", async () => {
    const [a, b, c] = await Promise.all([running(records()), running(records()), running(records())]);
    await renew(b.ref, 1, "before");
    const before = records().statements();
    await records().worker.renew(
      [
        { ref: a.ref, attempt: 1, checkpoint: CHECKPOINT },
        { ref: b.ref, attempt: 1 },
        { ref: c.ref, attempt: 1, checkpoint: null },
      ],
      LEASE_MS,
    );
    expect(records().statements()).toBe(before + 1);
    expect(JSON.stringify(await kept(a.ref))).toBe(JSON.stringify(CHECKPOINT));
    expect([await kept(b.ref), await kept(c.ref)]).toEqual(["before", null]);
  });

  it("gives the newest to the next attempt, whatever ended the one before", async () => {
    const { worker, reconciler } = records();
    const { ref } = await running(records(), newRef(), { maxTries: 9 });
    expect(await kept(ref)).toBeNull();
    await worker.failTry(ref, 1, { ...FAILURE, checkpoint: { row: 1 } });
    expect(await resumed(ref)).toEqual({ row: 1 });
    await worker.failTry(ref, 2, FAILURE);
    expect(await resumed(ref)).toEqual({ row: 1 });
    await worker.handBack(ref, 3, { checkpoint: { row: 2 } });
    expect(await resumed(ref)).toEqual({ row: 2 });
    await worker.handBack(ref, 4);
    expect(await resumed(ref)).toEqual({ row: 2 });
    await worker.releaseClaim(ref, CLAIM_OWNER);
    expect(await resumed(ref)).toEqual({ row: 2 });
    await renew(ref, 6, { row: 3 });
    await records().letPass(ref, "lease");
    await reconciler.sweep(200);
    expect(await resumed(ref)).toEqual({ row: 3 });
    await worker.handBack(ref, 7, { checkpoint: null });
    expect(await resumed(ref)).toBeNull();
  });

  it("takes none from a worker that has lost the job", async () => {
    const { ref } = await running(records());
    await records().worker.handBack(ref, 1, { checkpoint: "mine" });
    await resumed(ref);
    await renew(ref, 1, "late");
    await records().worker.failTry(ref, 1, { ...FAILURE, checkpoint: "late" });
    await records().worker.handBack(ref, 1, { checkpoint: "late" });
    expect(await kept(ref)).toBe("mine");
  });

  it("keeps none beyond the job's end, nor for a person's retry", async () => {
    const { worker, requests, reconciler } = records();
    const final = { ...FAILURE, retryable: false, checkpoint: "end" };
    const ends = [
      (ref: JobRef) => worker.finish(ref, 1, { ...success("job"), checkpoint: "end" }),
      (ref: JobRef) => worker.failTry(ref, 1, final),
      async (ref: JobRef) => {
        await requests.cancel(ref);
        await worker.handBack(ref, 1, { checkpoint: "end" });
      },
      async (ref: JobRef) => {
        await requests.cancel(ref);
        await worker.failTry(ref, 1, { ...FAILURE, checkpoint: "end" });
      },
      async (ref: JobRef) => {
        await records().letPass(ref, "lease");
        await reconciler.sweep(200);
      },
      async (ref: JobRef) => {
        await worker.handBack(ref, 1, { checkpoint: "end" });
        await requests.cancel(ref);
      },
    ];
    for (const [index, end] of ends.entries()) {
      const { ref } = await running(records(), newRef(), { maxTries: 1 });
      await renew(ref, 1, "renewed");
      await end(ref);
      expect([index, await kept(ref)]).toEqual([index, null]);
      if (index === 0) continue; // it succeeded
      await requests.retry(ref);
      expect(await resumed(ref)).toBeNull();
    }
    const { ref } = await submitted(records());
    expect(await resumed(ref)).toBeNull();
  });

  it("keeps the running job's when a cancel is asked for", async () => {
    const { ref } = await running(records());
    await renew(ref, 1, "running");
    await records().requests.cancel(ref);
    expect(await kept(ref)).toBe("running");
  });
}

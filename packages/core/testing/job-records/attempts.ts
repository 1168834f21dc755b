import type { AttemptRecord, JobRef } from "@statusplane/core";
import { expect, it } from "vitest";
import {
  CLAIM_OWNER,
  claimed,
  newRef,
  newTenant,
  running,
  submitted,
  success,
  type OpenedRecords,
} from "./opened-records.ts";

const STEPS = [
  { key: "read", seconds: 1.25 },
  { key: "write", seconds: 0 },
];
const FAILURE = {
  errorCode: "render_failed",
  errorMessage: "m",
  errorDetail: "stack",
  retryable: true,
  backoffMs: 0,
};

/** What is kept of each attempt. */
export function describeAttempts(records: () => OpenedRecords): void {
  async function attemptsOf(ref: JobRef): Promise<readonly AttemptRecord[]> {
    const [found] = await records().requests.findMany([ref]);
    return found?.attempts ?? [];
  }

  it("keeps how each attempt ended, when and after which steps, through failures, hand-backs, lost workers and a retry", async () => {
    const { worker, requests, reconciler } = records();
    const { ref } = await running(records());
    await worker.failTry(ref, 1, { ...FAILURE, steps: STEPS });
    await claimed(records(), ref);
    await worker.handBack(ref, 2, { steps: STEPS });
    await claimed(records(), ref);
    await worker.releaseClaim(ref, CLAIM_OWNER);
    await claimed(records(), ref);
    await records().letPass(ref, "lease");
    await reconciler.sweep(200);
    await claimed(records(), ref);
    await worker.failTry(ref, 5, { ...FAILURE, retryable: false });
    await requests.retry(ref);
    await claimed(records(), ref);
    expect(await attemptsOf(ref)).toHaveLength(5); // the sixth runs
    await worker.finish(ref, 6, { ...success("job"), steps: STEPS });
    const attempts = await attemptsOf(ref);
    expect(attempts.map(({ attempt, code, steps }) => [attempt, code, steps])).toEqual([
      [1, "render_failed", STEPS],
      [2, "handed_back", STEPS],
      [3, "handed_back", null],
      [4, "worker_lost", null],
      [5, "render_failed", null],
      [6, null, STEPS],
    ]);
    for (const [index, { startedAt, endedAt }] of attempts.entries()) {
      expect(startedAt).not.toBeNull();
      expect(endedAt >= (startedAt ?? "")).toBe(true);
      expect((startedAt ?? "") >= (attempts[index - 1]?.endedAt ?? "")).toBe(true);
    }
  });

  it("says of every attempt that ended by a cancel that it was cancelled, and of one that never began that it did not", async () => {
    const { worker, requests, reconciler } = records();
    const ends = [
      (ref: JobRef) => worker.finish(ref, 1, success("job")),
      (ref: JobRef) => worker.failTry(ref, 1, FAILURE),
      (ref: JobRef) => worker.handBack(ref, 1),
      async (ref: JobRef) => {
        await records().letPass(ref, "lease");
        await reconciler.sweep(200);
      },
    ];
    for (const end of ends) {
      const { ref } = await running(records());
      await requests.cancel(ref);
      await end(ref);
      expect(await attemptsOf(ref)).toMatchObject([{ attempt: 1, code: "cancelled" }]);
    }
    const { ref } = await running(records());
    await worker.failTry(ref, 1, { ...FAILURE, backoffMs: 60_000 });
    await requests.cancel(ref);
    expect(await attemptsOf(ref)).toMatchObject([
      { attempt: 1, code: "render_failed" },
      { attempt: 2, code: "cancelled", startedAt: null },
    ]);
  });

  it("keeps nothing of an end that was refused, and shows no other tenant's attempts", async () => {
    const tenant = newTenant();
    const { ref } = await running(records(), newRef("job", tenant));
    expect(await records().worker.finish(ref, 2, success("job"))).toBeNull();
    expect(await attemptsOf(ref)).toEqual([]);
    await records().worker.finish(ref, 1, success("job"));
    const same = { ...newRef("job"), id: ref.id };
    await submitted(records(), same);
    expect(await attemptsOf(same)).toEqual([]);
    expect(await attemptsOf(ref)).toHaveLength(1);
  });
}

import type { AttemptRecord, JobRef } from "@statusplane/core";
import type { Database } from "@statusplane/postgres";
import { expect, it } from "vitest";
import {
  CLAIM_OWNER,
  claimed,
  letPass,
  newRef,
  newTenant,
  running,
  submitted,
  success,
} from "./open-records.ts";

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
export function describeAttempts(database: () => Database): void {
  async function attemptsOf(ref: JobRef): Promise<readonly AttemptRecord[]> {
    const [found] = await database().requests.findMany([ref]);
    return found?.attempts ?? [];
  }

  it("keeps how each attempt ended, when and after which steps, through failures, hand-backs, lost workers and a retry", async () => {
    const { worker, requests, reconciler } = database();
    const { ref } = await running(database());
    await worker.failTry(ref, 1, { ...FAILURE, steps: STEPS });
    await claimed(database(), ref);
    await worker.handBack(ref, 2, { steps: STEPS });
    await claimed(database(), ref);
    await worker.releaseClaim(ref, CLAIM_OWNER);
    await claimed(database(), ref);
    await letPass(database(), ref, "lease");
    await reconciler.sweep(200);
    await claimed(database(), ref);
    await worker.failTry(ref, 5, { ...FAILURE, retryable: false });
    await requests.retry(ref);
    await claimed(database(), ref);
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
    const { rows } = await database().query("watching", {
      text: "SELECT attempt, detail FROM statusplane.job_attempt WHERE id = $1 AND detail IS NOT NULL ORDER BY attempt",
      values: [ref.id],
    });
    expect(rows).toEqual([
      { attempt: 1, detail: "stack" },
      { attempt: 5, detail: "stack" },
    ]);
  });

  it("says of every attempt that ended by a cancel that it was cancelled, and of one that never began that it did not", async () => {
    const { worker, requests, reconciler } = database();
    const ends = [
      (ref: JobRef) => worker.finish(ref, 1, success("job")),
      (ref: JobRef) => worker.failTry(ref, 1, FAILURE),
      (ref: JobRef) => worker.handBack(ref, 1),
      async (ref: JobRef) => {
        await letPass(database(), ref, "lease");
        await reconciler.sweep(200);
      },
    ];
    for (const end of ends) {
      const { ref } = await running(database());
      await requests.cancel(ref);
      await end(ref);
      expect(await attemptsOf(ref)).toMatchObject([{ attempt: 1, code: "cancelled" }]);
    }
    const { ref } = await running(database());
    await worker.failTry(ref, 1, { ...FAILURE, backoffMs: 60_000 });
    await requests.cancel(ref);
    expect(await attemptsOf(ref)).toMatchObject([
      { attempt: 1, code: "render_failed" },
      { attempt: 2, code: "cancelled", startedAt: null },
    ]);
  });

  it("keeps nothing of an end that was refused, and shows no other tenant's attempts", async () => {
    const tenant = newTenant();
    const { ref } = await running(database(), newRef("job", tenant));
    expect(await database().worker.finish(ref, 2, success("job"))).toBeNull();
    expect(await attemptsOf(ref)).toEqual([]);
    await database().worker.finish(ref, 1, success("job"));
    const same = { ...newRef("job"), id: ref.id };
    await submitted(database(), same);
    expect(await attemptsOf(same)).toEqual([]);
    expect(await attemptsOf(ref)).toHaveLength(1);
  });
}

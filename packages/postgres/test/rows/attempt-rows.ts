import { claimed, newRef, running } from "@statusplane/core/testing/job-records";
import type { Database } from "@statusplane/postgres";
import { expect, it } from "vitest";

/** What an ended attempt's row keeps beside what a detail shows. */
export function describeAttemptRows(database: () => Database): void {
  it("keeps the detail of each failed try, for operators", async () => {
    const { worker } = database();
    const failure = { errorCode: "e", errorMessage: "m", retryable: true, backoffMs: 0 };
    const { ref } = await running(database(), newRef());
    await worker.failTry(ref, 1, { ...failure, errorDetail: "stack" });
    await claimed(database(), ref);
    await worker.handBack(ref, 2);
    await claimed(database(), ref);
    await worker.failTry(ref, 3, { ...failure, errorDetail: "another" });
    const text = "SELECT attempt, detail FROM statusplane.job_attempt WHERE id = $1 ORDER BY attempt";
    expect((await database().query("watching", { text, values: [ref.id] })).rows).toEqual([
      { attempt: 1, detail: "stack" },
      { attempt: 2, detail: null },
      { attempt: 3, detail: "another" },
    ]);
  });
}

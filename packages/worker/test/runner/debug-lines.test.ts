import { JobError } from "@statusplane/core";
import { expect, it } from "vitest";
import { settle } from "../fakes/fake-clock.ts";
import { openWorker, stopsOnAbort, type WorkerSetUp } from "../fakes/open-worker.ts";

const said = ({ debugLines }: WorkerSetUp): readonly string[] => debugLines.map(({ message }) => message);

it("level debug tells an attempt from claim to end, a line each, with its job and attempt in fields too", async () => {
  const setUp = await openWorker();
  await setUp.submit("a", { payload: { password: "hunter2" } });
  setUp.job().ctx.step("read");
  await settle();
  setUp.job().end({ secret: "hunter3" });
  await settle();
  expect(said(setUp)).toEqual([
    "count a attempt 1 claimed: try 1 of 3",
    "count a attempt 1 version 1 (0 %) written: accepted",
    "count a attempt 1 version 2 (0 %, read) written: accepted",
    "count a attempt 1 ended; its record is DONE, attempt 1",
    "job a attempt 1 DONE written: accepted", // whoever writes ends does not know the job type
  ]);
  expect(setUp.debugLines[0]?.fields).toEqual({
    ...{ tenant: "7", kind: "job", id: "a", jobType: "count", attempt: 1 },
  });
  expect(JSON.stringify(setUp.debugLines)).not.toContain("hunter");
});

it("tells what a failed try, a delivery for nothing and a hand-back lead to", async () => {
  const setUp = await openWorker();
  await setUp.submit("a");
  setUp.job().fail(new JobError("busy", { retryable: true }));
  await settle();
  expect(said(setUp).at(-1)).toBe("count a attempt 2 announced: accepted, and enqueued");
  const ref = await setUp.submit("b");
  stopsOnAbort(setUp.job());
  await setUp.queue.enqueue({ ref, attempt: 9, jobType: "count" }); // a second hint of the same job
  await settle();
  expect(said(setUp).at(-1)).toBe("count b attempt 9 was delivered, and there is nothing to claim");
  const stopped = setUp.worker.stop();
  await settle();
  await setUp.clock.advance(15_000);
  await stopped;
  expect(said(setUp).slice(-3)).toEqual([
    "count b attempt 1 is told to stop: shutting_down",
    "count b attempt 1 handed back; its record is PENDING, attempt 2",
    "count b attempt 2 announced: accepted, and enqueued",
  ]);
});

import { JobError } from "@statusplane/core";
import { describe, expect, it } from "vitest";
import { settle } from "../fakes/fake-clock.ts";
import { openWorker, stopsOnAbort } from "../fakes/open-worker.ts";

const RETRYABLE = new JobError("internal_error", { retryable: true });

describe("a checkpoint", () => {
  it("is nothing to a job's first attempt", async () => {
    const { submit, job } = await openWorker();
    await submit("a");
    expect(job().ctx.resumeFrom).toBeNull();
  });

  it("goes with the lease's renewal, the newest of each job, without a statement of its own", async () => {
    const { submit, started, records, clock } = await openWorker();
    const refs = [await submit("a"), await submit("b"), await submit("c")];
    started[0]?.ctx.checkpoint({ row: 1 });
    started[0]?.ctx.checkpoint({ row: 2 });
    started[1]?.ctx.checkpoint("b");
    const before = records.calls.length;
    await clock.advance(30_000);
    expect(refs.map((ref) => records.row(ref).checkpoint)).toEqual([{ row: 2 }, "b", null]);
    expect(records.calls.slice(before)).toEqual(["renew"]);
  });

  it("is said once, and again only where the renewal got no answer", async () => {
    const { submit, job, records, clock } = await openWorker();
    await submit("a");
    job().ctx.checkpoint({ row: 1 });
    records.trouble("renew");
    await clock.advance(30_000 + 3_000);
    await clock.advance(30_000);
    expect(records.renewals.map((each) => each.map(({ checkpoint }) => checkpoint))).toEqual([
      [{ row: 1 }],
      [{ row: 1 }],
      [undefined],
    ]);
  });

  it("given while a renewal is under way goes with the next one", async () => {
    const { submit, job, records, clock } = await openWorker();
    const ref = await submit("a");
    job().ctx.checkpoint({ row: 1 });
    records.onCall = (call) => {
      if (call === "renew" && records.renewals.length === 1) job().ctx.checkpoint({ row: 2 });
    };
    await clock.advance(30_000);
    expect(records.row(ref).checkpoint).toEqual({ row: 1 });
    await clock.advance(30_000);
    expect(records.row(ref).checkpoint).toEqual({ row: 2 });
  });

  it("is what the next attempt resumes from, after a failed try and after a hand-back, the newest each", async () => {
    const { submit, job, started, worker, records, clock } = await openWorker();
    const ref = await submit("a");
    job().ctx.checkpoint({ row: 1 });
    job().fail(RETRYABLE);
    await settle();
    await clock.advance(60_000);
    expect(started).toHaveLength(2);
    expect(job().ctx.resumeFrom).toEqual({ row: 1 });
    stopsOnAbort(job());
    job().ctx.checkpoint({ row: 7 });
    await worker.stop();
    expect(records.row(ref)).toMatchObject({ status: "PENDING", checkpoint: { row: 7 } });
  });

  it("that is not renewed stays for the attempt after the next", async () => {
    const { submit, job, clock } = await openWorker();
    await submit("a", { checkpoint: { row: 1 } });
    job().fail(RETRYABLE);
    await settle();
    await clock.advance(60_000);
    expect(job().ctx.resumeFrom).toEqual({ row: 1 });
  });

  it("is a copy of what was given", async () => {
    const { submit, job, records, clock } = await openWorker();
    const ref = await submit("a");
    const rows = [1];
    job().ctx.checkpoint(rows);
    rows.push(2);
    await clock.advance(30_000);
    expect(records.row(ref).checkpoint).toEqual([1]);
  });
});

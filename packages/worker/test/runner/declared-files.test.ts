import { jobRef } from "@statusplane/core";
import { describe, expect, it } from "vitest";
import { settle } from "../fakes/fake-clock.ts";
import { openWorker, stopsOnAbort } from "../fakes/open-worker.ts";

describe("files that a job declares", () => {
  it("are named with their sizes in row and snapshot, as far as they were written, in their order", async () => {
    const { submit, job, records, store, files } = await openWorker();
    const ref = await submit("a");
    const { ctx } = job();
    expect(await ctx.output("report.csv")).toBe("/outputs/7.job.a/1/report.csv");
    await ctx.output("none.csv");
    await ctx.output("errors_1.xlsx");
    await ctx.output("report.csv");
    files.written.set("7.job.a/1/errors_1.xlsx", 5);
    files.written.set("7.job.a/1/report.csv", 0);
    files.written.set("7.job.a/1/undeclared.csv", 9);
    job().end({ rows: 1 });
    await settle();
    const named = [
      { name: "report.csv", bytes: 0 },
      { name: "errors_1.xlsx", bytes: 5 },
    ];
    expect(records.row(ref).files).toEqual(named);
    expect(store.body(ref)).toMatchObject({ status: "DONE", files: named });
    expect(records.calls).toEqual(["claim", "finish"]);
  });

  it("are no member of a snapshot where there are none", async () => {
    const { submit, job, store } = await openWorker();
    const ref = await submit("a");
    await job().ctx.output("none.csv");
    job().end(1);
    await settle();
    expect(store.body(ref)).not.toHaveProperty("files");
  });

  it.each(["failed", "cancelled"] as const)("are not named where the attempt has %s", async (how) => {
    const { submit, job, records, store, files } = await openWorker();
    const ref = await submit("a", { maxTries: 1 });
    stopsOnAbort(job());
    await job().ctx.output("report.csv");
    files.written.set("7.job.a/1/report.csv", 5);
    if (how === "failed") job().fail(new Error("no"));
    else {
      records.row(ref).cancelRequested = true;
      job().end(1);
    }
    await settle();
    expect(records.row(ref).files).toEqual([]);
    expect(store.body(ref)).not.toHaveProperty("files");
    expect(files.removed).toEqual(["7.job.a/1"]);
  });

  it.each([
    "",
    ".",
    "..",
    "../a",
    "a/b",
    "a\\b",
    ".hidden",
    "result.json",
    "가.csv",
    "a b",
    'a"b',
    "x".repeat(101),
  ])("are not called %j", async (name) => {
    const { submit, job } = await openWorker();
    await submit("a");
    await expect(job().ctx.output(name)).rejects.toThrow(TypeError);
  });

  it("are 20 at most, and none of a video's", async () => {
    const { submit, job } = await openWorker();
    await submit("a");
    for (let n = 0; n < 20; n++) await job().ctx.output(`f${n}.csv`);
    await expect(job().ctx.output("one-more.csv")).rejects.toThrow(/20 files/);
    await expect(job().ctx.output("f3.csv")).resolves.toContain("f3.csv");
    const video = await openWorker({ kind: "video" });
    await video.submit("42", { ref: jobRef("7", "video", "42") });
    await expect(video.job().ctx.output("a.csv")).rejects.toThrow(TypeError);
  });
});

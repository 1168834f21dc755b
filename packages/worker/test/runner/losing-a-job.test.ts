import { encodeSnapshot, snapshotOfRecord } from "@statusplane/core";
import { describe, expect, it } from "vitest";
import { settle } from "../fakes/fake-clock.ts";
import { openWorker, stopsOnAbort, type LedJob } from "../fakes/open-worker.ts";

const reasonOf = ({ ctx }: LedJob): string => (ctx.signal.reason as { code: string }).code;

describe("the lease", () => {
  it("is renewed by one statement for all jobs, and none while there are none", async () => {
    const { submit, records, clock, started } = await openWorker();
    await clock.advance(60_000);
    expect(records.count("renew")).toBe(0);
    await submit("a");
    await submit("b");
    await clock.advance(90_000);
    expect(records.count("renew")).toBe(3);
    for (const job of started) job.end();
    await clock.advance(90_000);
    expect(records.count("renew")).toBe(3);
  });

  it("missing from the answer aborts the job, and nothing is written anywhere", async () => {
    const { submit, job, records, store, clock, files } = await openWorker();
    const ref = await submit("a");
    await job().ctx.outputFolder();
    stopsOnAbort(job());
    Object.assign(records.row(ref), { status: "PENDING", attempt: 2 });
    const writes = store.writes.length;
    records.calls.length = 0;
    await clock.advance(30_000);
    expect(reasonOf(job())).toBe("lease_lost");
    expect(records.calls).toEqual(["renew"]);
    const since = store.writes.slice(writes);
    expect(since.map(({ atMs }) => atMs)).toEqual([10_000, 20_000]); // the signs of life before it
    expect(store.of("finish")).toEqual([]);
    expect(files.folders.size).toBe(0);
  });

  it("that gets no answer is asked for again soon", async () => {
    const { submit, job, records, clock } = await openWorker();
    await submit("a");
    records.trouble("renew");
    await clock.advance(33_000);
    expect(records.count("renew")).toBe(2);
    await clock.advance(80_000);
    expect(job().ctx.signal.aborted).toBe(false);
  });

  it("that is over by the clock aborts the job although nobody answers", async () => {
    const { submit, job, records, clock } = await openWorker();
    await submit("a");
    stopsOnAbort(job());
    await clock.advance(30_000);
    records.away = true;
    await clock.advance(89_999);
    expect(job().ctx.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(reasonOf(job())).toBe("lease_lost");
  });
});

describe("a jump of the machine's time", () => {
  it.each([86_400_000, -86_400_000])("by %i ms loses no lease, no sign of life and no order", async (ms) => {
    const { submit, job, records, store, clock } = await openWorker();
    const ref = await submit("a");
    clock.jump(ms);
    await clock.advance(60_000);
    expect(job().ctx.signal.aborted).toBe(false);
    expect(records.count("renew")).toBe(2);
    const written = store.of("progress");
    expect(written.map(({ answer }) => answer)).toEqual(Array(6).fill("accepted"));
    expect(written.map(({ snapshot }) => snapshot.version)).toEqual([2, 3, 4, 5, 6, 7]);
    job().end({ rows: 3 });
    await settle();
    expect(store.body(ref)).toMatchObject({ status: "DONE", result: { rows: 3 } });
  });
});

describe("a newer attempt", () => {
  it("shown in the store aborts the job at once, and nothing more is written", async () => {
    const { submit, job, records, store, files } = await openWorker();
    const ref = await submit("a");
    stopsOnAbort(job());
    Object.assign(records.row(ref), { status: "PENDING", attempt: 2 });
    store.put(encodeSnapshot(snapshotOfRecord(records.record(records.row(ref)))));
    records.calls.length = 0;
    job().ctx.step("read");
    await settle();
    expect(reasonOf(job())).toBe("fenced");
    expect(records.calls).toEqual([]);
    expect(store.shown(ref)).toMatchObject({ attempt: 2, status: "PENDING" });
    expect(files.removed).toEqual(["7.job.a/1"]);
  });

  it("committed before the finish means: write nothing", async () => {
    const { submit, job, records, store, files, worker } = await openWorker();
    const ref = await submit("a");
    Object.assign(records.row(ref), { status: "PENDING", attempt: 2 });
    job().end("late");
    await settle();
    expect(store.of("finish")).toEqual([]);
    expect(records.row(ref)).toMatchObject({ status: "PENDING", attempt: 2, result: null });
    expect(files.removed).toEqual(["7.job.a/1"]);
    expect(worker.status().counts.lost).toBe(1);
  });
});

describe("a cancel", () => {
  it.each(["control message", "write's answer", "lease's renewal"])(
    "by %s aborts the code and ends CANCELLED",
    async (way) => {
      const { submit, job, records, store, files, clock } = await openWorker();
      const ref = await submit("a");
      await job().ctx.outputFolder();
      stopsOnAbort(job());
      job().ctx.kept({ rows: 2 });
      records.row(ref).cancelRequested = true;
      if (way === "control message") await store.requestCancel(ref, 1);
      if (way === "write's answer") {
        store.flagCancel(ref, 1);
        await clock.advance(10_000);
      }
      if (way === "lease's renewal") await clock.advance(30_000);
      await settle();
      expect(reasonOf(job())).toBe("cancelled");
      expect(store.body(ref)).toMatchObject({
        status: "CANCELLED",
        error_code: "cancelled",
        result: { rows: 2 },
      });
      expect(records.row(ref)).toMatchObject({
        status: "CANCELLED",
        result: { kind: "inline", value: { rows: 2 } },
      });
      expect(files.folders.size).toBe(0);
      expect(store.listeners).toBe(0);
    },
  );

  it("before the code ends never ends the record while the code still runs", async () => {
    const { submit, job, records, store, clock } = await openWorker();
    const ref = await submit("a");
    records.row(ref).cancelRequested = true;
    await store.requestCancel(ref, 1);
    await clock.advance(60_000);
    expect(records.row(ref).status).toBe("PROCESSING");
    job().end("all of it");
    await settle();
    expect(store.body(ref)).toMatchObject({ status: "CANCELLED", result: null });
  });

  it("that nobody heard of before the finish is honoured by the row", async () => {
    const { submit, job, records, store, files } = await openWorker();
    const ref = await submit("a");
    await job().ctx.outputFolder();
    records.row(ref).cancelRequested = true;
    job().end({ rows: 3 });
    await settle();
    expect(store.body(ref)["status"]).toBe("CANCELLED");
    expect(files.folders.size).toBe(0);
  });

  it("after the COMMIT changes nothing", async () => {
    const { submit, job, store } = await openWorker();
    const ref = await submit("a");
    job().end({ rows: 3 });
    await settle();
    await store.requestCancel(ref, 1);
    await settle();
    expect(store.body(ref)["status"]).toBe("DONE");
  });

  it("of a job that is being handed back ends it CANCELLED", async () => {
    const { submit, job, worker, records, store } = await openWorker();
    const ref = await submit("a");
    stopsOnAbort(job());
    records.row(ref).cancelRequested = true;
    await worker.stop();
    expect(store.body(ref)["status"]).toBe("CANCELLED");
  });
});

describe("Postgres away at the end of a job", () => {
  it("lets the finished job wait with its result and records it when Postgres returns", async () => {
    const { submit, job, records, store, clock } = await openWorker();
    const ref = await submit("a");
    records.away = true;
    job().end({ rows: 3 });
    await clock.advance(60_000);
    expect(store.body(ref)["status"]).toBe("PROCESSING");
    expect(store.of("progress").length).toBeGreaterThanOrEqual(5); // and shows its sign of life meanwhile
    records.away = false;
    await clock.advance(1_000);
    expect(records.row(ref).status).toBe("DONE");
    expect(store.body(ref)).toMatchObject({ status: "DONE", result: { rows: 3 } });
  });

  it("keeps the result while the database's disk is full, and uses no try up", async () => {
    const { submit, job, records, store, clock } = await openWorker();
    const ref = await submit("a");
    for (let n = 0; n < 3; n++) records.trouble("finish", "full");
    job().end({ rows: 3 });
    await clock.advance(5_000);
    expect(records.calls.filter((call) => call !== "renew").slice(1)).toEqual(Array(4).fill("finish"));
    expect(records.row(ref)).toMatchObject({ status: "DONE", attempt: 1, tries: 1 });
    expect(store.body(ref)).toMatchObject({ status: "DONE", result: { rows: 3 } });
  });

  it("believes the row when the COMMIT's answer was lost", async () => {
    const { submit, job, records, store, files, worker, clock } = await openWorker();
    const ref = await submit("a");
    records.trouble("finish", "carried-out-unanswered");
    job().end({ rows: 3 });
    await clock.advance(1_000);
    expect(records.calls.slice(1)).toEqual(["finish", "find"]);
    expect(store.body(ref)).toMatchObject({ status: "DONE", result: { rows: 3 } });
    expect(files.removed).toEqual([]);
    expect(worker.status().counts.unknownCommits).toBe(1);
  });

  it("finishes again when the row says that the COMMIT did not happen", async () => {
    const { submit, job, records, store, clock } = await openWorker();
    const ref = await submit("a");
    records.trouble("finish");
    records.trouble("find");
    job().end({ rows: 3 });
    await clock.advance(2_000);
    expect(records.calls.slice(1)).toEqual(["finish", "find", "find", "finish"]);
    expect(store.body(ref)["status"]).toBe("DONE");
  });

  it("believes a COMMIT that was carried out after the look", async () => {
    const { submit, job, records, store, files, clock } = await openWorker();
    const ref = await submit("a");
    records.trouble("finish");
    records.onCall = (call) => {
      // the first statement, thought dead, commits between the look and the second one
      if (call === "find" && records.row(ref).status === "PROCESSING") {
        Object.assign(records.row(ref), {
          status: "DONE",
          result: { kind: "inline", value: 3 },
          finishedAtMs: 1,
        });
      }
    };
    job().end(3);
    await clock.advance(2_000);
    expect(store.body(ref)).toMatchObject({ status: "DONE", result: 3 });
    expect(files.removed).toEqual([]);
  });

  it("writes nothing when the row went on meanwhile", async () => {
    const { submit, job, records, store, clock } = await openWorker();
    const ref = await submit("a");
    records.away = true;
    job().end(3);
    await clock.advance(1_000);
    Object.assign(records.row(ref), { status: "PENDING", attempt: 2 });
    records.away = false;
    await clock.advance(2_000);
    expect(store.of("finish")).toEqual([]);
    expect(records.row(ref)).toMatchObject({ status: "PENDING", attempt: 2 });
  });
});

describe("the status store away at the end of a job", () => {
  it("does not fail the job nor hold up the next one, and is told when it is back", async () => {
    const { submit, job, records, store, clock, worker, started } = await openWorker({
      concurrency: { count: 1 },
    });
    const ref = await submit("a");
    await submit("b");
    store.away = true;
    job().end({ rows: 3 });
    await settle();
    expect(records.row(ref).status).toBe("DONE");
    expect(started).toHaveLength(2); // acknowledged, the next one runs
    expect(worker.status().keptEnds).toBe(1);
    await clock.advance(60_000);
    store.away = false;
    await clock.advance(1_500);
    expect(store.body(ref)).toMatchObject({ status: "DONE", result: { rows: 3 } });
    expect(worker.status().keptEnds).toBe(0);
  });

  it("is waited for no longer than the deadline when it hangs", async () => {
    const { submit, job, store, clock, started } = await openWorker({ concurrency: { count: 1 } });
    await submit("a");
    await submit("b");
    store.write = () => new Promise(() => undefined);
    job().end();
    await clock.advance(499);
    expect(started).toHaveLength(1);
    await clock.advance(1);
    expect(started).toHaveLength(2);
  });

  it("is told all kept ends soon after its return, also hundreds", async () => {
    const { submit, started, store, clock, worker } = await openWorker({ concurrency: { count: 301 } });
    for (let id = 0; id < 300; id++) await submit(`j${id}`);
    store.away = true;
    for (const led of started) led.end(1);
    await clock.advance(30_000);
    expect(worker.status().keptEnds).toBe(300);
    store.away = false;
    await clock.advance(1_500);
    expect(store.of("finish")).toHaveLength(300);
  });

  it("does not tell an old end over a newer attempt", async () => {
    const { submit, job, records, store, clock } = await openWorker();
    const ref = await submit("a", { maxTries: 1 });
    store.away = true;
    job().fail(new Error("no"));
    await clock.advance(5_000);
    Object.assign(records.row(ref), { status: "PENDING", attempt: 2, tries: 0 });
    store.away = false;
    await store.write("announce", encodeSnapshot(snapshotOfRecord(records.record(records.row(ref)))));
    await clock.advance(5_000);
    expect(store.shown(ref)).toMatchObject({ attempt: 2, status: "PENDING" });
  });
});

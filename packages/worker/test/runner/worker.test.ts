import { JobError, jobRef, refKey } from "@statusplane/core";
import { defineJob } from "@statusplane/worker";
import { describe, expect, it } from "vitest";
import { settle } from "../fakes/fake-clock.ts";
import { openWorker, stopsOnAbort } from "../fakes/open-worker.ts";

describe("a job's way through the worker", () => {
  it("is claimed, announced, run, reported, committed, told and acknowledged", async () => {
    const { submit, job, records, store, queue, clock } = await openWorker();
    const order: string[] = [];
    records.onCall = (call) => order.push(call);
    store.onWrite = (kind, { status }) => order.push(`${kind} ${status}`);
    const ref = await submit("a", { payload: { upTo: 3 } });
    const { ctx, payload } = job();
    expect(payload).toEqual({ upTo: 3 });
    expect(ctx).toMatchObject({
      ref,
      tenant: "7",
      attempt: 1,
      createdBy: "alice",
      inputPath: "/inputs/7.job.a",
    });
    ctx.step("write");
    ctx.progress(40);
    ctx.partial({ rows: 2 });
    await clock.advance(250);
    expect(store.body(ref)).toMatchObject({
      status: "PROCESSING",
      progress: { percent: 55, step_key: "write", step_percent: 40 },
      partial_result: { rows: 2 },
    });
    job().end({ rows: 3 });
    await settle();
    expect(order).toEqual([
      "claim",
      "announce PROCESSING",
      "progress PROCESSING",
      "progress PROCESSING",
      "finish",
      "finish DONE",
    ]);
    expect(store.body(ref)).toMatchObject({ status: "DONE", result: { rows: 3 } });
    expect(records.row(ref)).toMatchObject({
      status: "DONE",
      result: { kind: "inline", value: { rows: 3 } },
    });
    expect((await queue.depth(["count"])).get("count")).toBe(0);
    expect(clock.waiting).toBe(1); // the heartbeat of the worker itself
  });

  it("says the job's title in every snapshot of an attempt, from the claim on", async () => {
    const { submit, job, store, clock } = await openWorker();
    await submit("a", { title: "5월 명단" });
    job().ctx.progress(40);
    await clock.advance(250);
    job().end();
    await settle();
    const told = store.writes.map(({ kind, snapshot }) => [
      kind,
      /"title":("[^"]*"|null)/.exec(snapshot.text)?.[1],
    ]);
    expect(told).toEqual(["announce", "progress", "finish"].map((kind) => [kind, '"5월 명단"']));
  });

  it("costs one claim and one finish, and no other statement", async () => {
    const { submit, job, records } = await openWorker();
    await submit("a");
    job().end();
    await settle();
    expect(records.calls).toEqual(["claim", "finish"]);
  });

  it("ends a video READY with its playlist and duration", async () => {
    const { submit, job, store } = await openWorker({ kind: "video" });
    const ref = await submit("42", { ref: jobRef("7", "video", "42") });
    job().end({ hls_path: "7/42/1/main.list", duration: 12, renditions: [] });
    await settle();
    expect(store.body(ref)).toMatchObject({
      id: 42,
      status: "READY",
      hls_path: "7/42/1/main.list",
      duration: 12,
    });
  });

  it("fails a video whose result lacks the playlist", async () => {
    const { submit, job, records } = await openWorker({ kind: "video" });
    const ref = await submit("42", { ref: jobRef("7", "video", "42"), maxTries: 1 });
    job().end({ duration: 12 });
    await settle();
    expect(records.row(ref)).toMatchObject({ status: "FAILED", errorCode: "internal_error" });
  });

  it("puts all running jobs on the active lists at each heartbeat, in one call", async () => {
    const { submit, store, clock } = await openWorker();
    await submit("a");
    await submit("b");
    await clock.advance(10_000);
    expect(store.touched.map((refs) => refs.map(({ id }) => id))).toEqual([["a", "b"]]);
  });

  it("runs no more at once than its concurrency", async () => {
    const { submit, started } = await openWorker({ concurrency: { count: 2, "*": 9 } });
    for (const id of ["a", "b", "c"]) await submit(id);
    expect(started).toHaveLength(2);
  });

  it("refuses a partial result that is too large or no JSON with a TypeError", async () => {
    const { submit, job } = await openWorker();
    await submit("a");
    expect(() => job().ctx.partial("x".repeat(5_000))).toThrow(TypeError);
    expect(() => job().ctx.partial(Number.NaN)).toThrow(TypeError);
  });

  it("refuses a checkpoint that is too large or no JSON with a TypeError", async () => {
    const { submit, job } = await openWorker();
    await submit("a");
    expect(() => job().ctx.checkpoint("x".repeat(5_000))).toThrow(/a checkpoint may have 4096 bytes/);
    expect(() => job().ctx.checkpoint(Number.NaN)).toThrow(TypeError);
  });

  it("tells the records what each step took, however the attempt ends", async () => {
    const { submit, job, worker, clock, records } = await openWorker({ timings: { finishWithinMs: 0 } });
    for (const [id, end] of [
      ["returns", () => job().end(null)],
      ["throws", () => job().fail(new Error("no"))],
      ["handed-back", () => void worker.stop()],
    ] as const) {
      await submit(id, { maxTries: 1 });
      stopsOnAbort(job());
      job().ctx.step("read");
      await clock.advance(1_500);
      job().ctx.step("write");
      await clock.advance(500);
      end();
      await settle();
    }
    expect(records.count("handBack")).toBe(1);
    const steps = [
      { key: "read", seconds: 1.5 },
      { key: "write", seconds: 0.5 },
    ];
    expect(records.reports).toEqual([{ steps }, { steps }, { steps }]);
  });

  it("hands a job of a type it does not know back to its own queue", async () => {
    const { submit, records, started, queue } = await openWorker();
    const ref = await submit("a", { jobType: "other" });
    expect(started).toHaveLength(0);
    expect(records.row(ref)).toMatchObject({ status: "PENDING", attempt: 2, tries: 0 });
    expect((await queue.depth(["other"])).get("other")).toBe(1);
  });
});

describe("deliveries", () => {
  it("acknowledges one whose job is terminal, running elsewhere or unknown", async () => {
    const { submit, worker, queue, started } = await openWorker();
    await submit("a", { status: "DONE" });
    await submit("b", { status: "PROCESSING" });
    await queue.enqueue({ ref: jobRef("7", "job", "unknown"), attempt: 1, jobType: "count" });
    await settle();
    expect(started).toHaveLength(0);
    expect(worker.status().counts.duplicateDeliveries).toBe(3);
    expect((await queue.depth(["count"])).get("count")).toBe(0);
  });

  it("gives one back whose job waits for later, and runs it then", async () => {
    const { submit, started, clock } = await openWorker();
    await submit("a", { runAtMs: 4_000 });
    await clock.advance(3_999);
    expect(started).toHaveLength(0);
    await clock.advance(1);
    expect(started).toHaveLength(1);
  });

  it("gives one back for 1–15 s when the claim gets no answer", async () => {
    const { submit, records, started, clock } = await openWorker();
    records.trouble("claim");
    await submit("a");
    await clock.advance(7_999);
    expect(started).toHaveLength(0);
    await clock.advance(1); // random is 0.5: 8 s
    expect(started).toHaveLength(1);
  });
});

describe("a failed try", () => {
  it("waits as PENDING of the next attempt with a growing delay, then fails for good", async () => {
    const { submit, job, records, store, clock, started } = await openWorker();
    const ref = await submit("a");
    job().fail(new Error("disk /secret/path broke"));
    await settle();
    expect(store.body(ref)).toMatchObject({
      status: "PENDING",
      attempt: 2,
      last_error_code: "internal_error",
      try: 2,
      max_tries: 3,
    });
    await clock.advance(1_499);
    expect(started).toHaveLength(1);
    await clock.advance(1); // 2 s, upper half at random 0.5
    expect(started).toHaveLength(2);
    job().fail(new Error("again"));
    await clock.advance(2_999);
    expect(started).toHaveLength(2);
    await clock.advance(1);
    expect(started).toHaveLength(3);
    job().fail(new Error("disk /secret/path broke"));
    await settle();
    expect(store.body(ref)).toMatchObject({ status: "FAILED", attempt: 3, error_code: "internal_error" });
    expect(store.shown(ref)?.text).not.toContain("secret");
    expect(records.row(ref).errorDetail).toContain("/secret/path");
    expect(new TextEncoder().encode(records.row(ref).errorDetail ?? "").length).toBeLessThanOrEqual(1_024);
  });

  it("is final when the error says that another try would fail alike", async () => {
    const { submit, job, store, files } = await openWorker();
    const ref = await submit("a");
    await job().ctx.outputFolder();
    job().fail(new JobError("video_unreadable"));
    await settle();
    expect(store.body(ref)).toMatchObject({ status: "FAILED", attempt: 1, error_code: "video_unreadable" });
    expect(files.folders.size).toBe(0);
  });

  it("leaves announcing the next attempt to the relay, and wakes it, when the queue does not take it", async () => {
    const { submit, job, records, store, queue } = await openWorker();
    const ref = await submit("a");
    queue.enqueue = () => Promise.reject(new Error("away"));
    job().fail(new Error("no"));
    await settle();
    expect(records.row(ref)).toMatchObject({ status: "PENDING", attempt: 2 });
    expect(records.outbox.has(refKey(ref))).toBe(true);
    expect(store.wakes).toBe(1);
  });

  it("ends as CANCELLED when the row carries a cancel", async () => {
    const { submit, job, records, store } = await openWorker();
    const ref = await submit("a");
    records.row(ref).cancelRequested = true;
    job().fail(new Error("no"));
    await settle();
    expect(store.body(ref)).toMatchObject({ status: "CANCELLED", attempt: 1 });
  });
});

describe("results by size", () => {
  it("carries up to 8 KiB in the snapshot", async () => {
    const { submit, job, store } = await openWorker();
    const ref = await submit("a");
    job().end("x".repeat(8_190));
    await settle();
    expect(store.body(ref)["result"]).toHaveLength(8_190);
    expect(store.shown(ref)?.resultText).toBeNull();
  });

  it("puts a larger one beside it", async () => {
    const { submit, job, store, records } = await openWorker();
    const ref = await submit("a");
    job().end("x".repeat(8_191));
    await settle();
    expect(store.body(ref)).toMatchObject({
      result: null,
      result_bytes: 8_193,
      result_url: "/api/v1/jobs/a/result/",
    });
    expect(store.body(ref)).not.toHaveProperty("result_file");
    expect(store.shown(ref)?.resultText).toHaveLength(8_193);
    expect(records.row(ref).result).toEqual({ kind: "row", bytes: 8_193 });
  });

  it("writes what exceeds the row's limit as a file, before COMMIT", async () => {
    const { submit, job, store, records, files } = await openWorker({ resultMaxBytes: 10_000 });
    const ref = await submit("a");
    let fileAtCommit = false;
    records.onCall = (call) => {
      if (call === "finish") fileAtCommit = files.resultFiles.has("7.job.a/1");
    };
    job().end("x".repeat(20_000));
    await settle();
    expect(fileAtCommit).toBe(true);
    expect(records.row(ref).result).toEqual({ kind: "file", bytes: 20_002 });
    expect(store.body(ref)).toMatchObject({ result: null, result_bytes: 20_002, result_file: "result.json" });
    expect(store.shown(ref)?.resultText).toBeNull();
    expect(files.removed).toEqual([]);
  });

  it("fails a try whose result is no JSON", async () => {
    const { submit, job, records } = await openWorker();
    const ref = await submit("a", { maxTries: 1 });
    job().end({ big: Number.POSITIVE_INFINITY });
    await settle();
    expect(records.row(ref)).toMatchObject({ status: "FAILED", errorCode: "internal_error" });
  });
});

describe("createWorker", () => {
  it("refuses a job type that is there twice and a concurrency below 1", async () => {
    await expect(openWorker({ jobs: (led) => [led, led] })).rejects.toThrow(TypeError);
    await expect(openWorker({ concurrency: { "*": 0 } })).rejects.toThrow(TypeError);
  });
});

describe("readiness", () => {
  it("consumes nothing and says why until what is required is there", async () => {
    let missing: string | null = "printer_missing";
    const { submit, started, store, worker, clock } = await openWorker({ requires: async () => missing });
    await submit("a");
    expect(started).toHaveLength(0);
    expect(store.unreadyOf("count")).toBe("printer_missing");
    expect(worker.status().unready).toEqual(new Map([["count", "printer_missing"]]));
    await clock.advance(61_000);
    expect(store.unreadyOf("count")).toBe("printer_missing"); // renewed within its 60 s
    missing = null;
    await clock.advance(5_000);
    expect(started).toHaveLength(1);
    expect(store.unreadyOf("count")).toBeUndefined();
    expect(worker.status().unready.size).toBe(0);
  });

  it("is asked per job type", async () => {
    const { submit, started } = await openWorker({
      jobs: (led) => [
        led,
        defineJob({
          type: "print",
          steps: [],
          requires: async () => "printer_missing",
          run: async () => null,
        }),
      ],
    });
    await submit("a");
    expect(started).toHaveLength(1);
  });
});

describe("shutdown", () => {
  it("hands running jobs back at once, with the try given back and outputs removed", async () => {
    const { submit, job, worker, records, store, files, queue, clock } = await openWorker();
    const ref = await submit("a");
    stopsOnAbort(job());
    await job().ctx.outputFolder();
    const stopped = worker.stop();
    await settle();
    expect((job().ctx.signal.reason as { code: string }).code).toBe("shutting_down");
    expect(records.row(ref)).toMatchObject({ status: "PENDING", attempt: 2, tries: 0 });
    expect(store.body(ref)).toMatchObject({ status: "PENDING", attempt: 2 });
    expect((await queue.depth(["count"])).get("count")).toBe(1);
    expect(files.folders.size).toBe(0);
    await stopped;
    expect(clock.waiting).toBe(0);
    expect(worker.status().counts.handedBack).toBe(1);
  });

  it("lets a job finish that is known to end soon", async () => {
    const { submit, job, worker, clock, store } = await openWorker();
    const ref = await submit("a");
    job().ctx.step("write");
    await clock.advance(30_000);
    job().ctx.progress(90); // 92 % after 30 s
    const stopped = worker.stop();
    await clock.advance(3_000);
    expect(job().ctx.signal.aborted).toBe(false);
    job().end("done");
    await stopped;
    expect(store.body(ref)["status"]).toBe("DONE");
  });

  it("aborts it after all when it does not end in that time", async () => {
    const { submit, job, worker, clock, records } = await openWorker();
    const ref = await submit("a");
    job().ctx.step("write");
    await clock.advance(30_000);
    job().ctx.progress(90);
    stopsOnAbort(job());
    const stopped = worker.stop();
    await clock.advance(15_000);
    await stopped;
    expect(records.row(ref)).toMatchObject({ status: "PENDING", attempt: 2 });
  });

  it("hands back a job whose code does not react, before its own time is over", async () => {
    const { submit, worker, clock, records } = await openWorker();
    const ref = await submit("a");
    const stopped = worker.stop();
    await clock.advance(19_999);
    expect(records.row(ref).status).toBe("PROCESSING");
    await clock.advance(1);
    await stopped;
    expect(records.row(ref)).toMatchObject({ status: "PENDING", attempt: 2 });
  });

  it("ends in its time although Postgres is away", async () => {
    const { submit, job, worker, clock, records } = await openWorker();
    const ref = await submit("a");
    stopsOnAbort(job());
    records.away = true;
    const stopped = worker.stop();
    await clock.advance(25_000);
    await stopped;
    records.away = false;
    await clock.advance(60_000);
    expect(records.row(ref).status).toBe("PROCESSING"); // its lease ends it
  });

  it("claims nothing more, and a second stop answers the first one's end", async () => {
    const { submit, worker, started, records } = await openWorker();
    await Promise.all([worker.stop(), worker.stop()]);
    records.calls.length = 0;
    await submit("a").catch(() => undefined);
    expect(started).toHaveLength(0);
    expect(records.calls).toEqual([]);
  });
});

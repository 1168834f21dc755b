import { FINAL_VERSION, jobKeys, jobRef, type JobRef, type StatusStore } from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import { eventually, startRedis, type RedisServer } from "@statusplane/test-support";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startPythonWorker, type PythonWorker, type PythonWorkerOptions } from "./python-worker.ts";

const LIVE_TTL_SECONDS = 21_600;

let server: RedisServer;
let raw: Redis;
let store: StatusStore;
let worker: PythonWorker;
const others: PythonWorker[] = [];
let jobs = 0;
beforeAll(async () => {
  server = await startRedis();
  raw = new Redis(server.url);
  store = await openRedisStatusStore({ url: server.url });
  worker = startPythonWorker(server.url);
});
afterEach(async () => {
  for (const other of others.splice(0)) await other.stop();
});
afterAll(async () => {
  await worker.stop();
  raw.disconnect();
  await store.close();
  await server.stop();
});

function another(options: PythonWorkerOptions = {}): PythonWorker {
  const other = startPythonWorker(server.url, options);
  others.push(other);
  return other;
}

const video = (): JobRef => jobRef("7", "video", String(++jobs));
const job = (): JobRef => jobRef("7", "job", `j-${++jobs}`);

async function snapshot(ref: JobRef): Promise<Record<string, unknown>> {
  return JSON.parse((await store.reader.read(ref))?.text ?? "{}") as Record<string, unknown>;
}

function say(who: PythonWorker, ref: JobRef, status: string, members: object = {}): Promise<unknown> {
  return who.call(`cache_${ref.kind}_status`, [7, ref.id, status], { ...members });
}

function progress(who: PythonWorker, ref: JobRef, percent: number): Promise<unknown> {
  const id = ref.kind === "video" ? `video:${ref.id}` : ref.id;
  return who.call("record_progress", [id, "encode", { percent }], { tenant_id: "7" });
}

const STEP = { step_index: 2, step_total: 5, step_name_display: "인코딩", step_percent: 84 };

describe("a video", () => {
  it("is started, reported and finished in the snapshots that every reader knows", async () => {
    const ref = video();
    const keys = jobKeys(ref);
    expect(await say(worker, ref, "PROCESSING", { ttl: 5, title: `5월 ${"가".repeat(300)}` })).toBe(true);
    expect(await raw.ttl(keys.status)).toBeGreaterThan(LIVE_TTL_SECONDS - 60);
    expect(await raw.ttl(keys.progress)).toBeGreaterThan(LIVE_TTL_SECONDS - 60);
    const extra = { percent: 42, remaining_seconds: 90, ...STEP };
    expect(await worker.call("record_progress", [`video:${ref.id}`, "encode", extra, 7])).toBe(true);
    expect(await snapshot(ref)).toEqual({
      attempt: 1,
      version: 2,
      status: "PROCESSING",
      id: Number(ref.id),
      title: `5월 ${"가".repeat(197)}`,
      encoding_progress: 42,
      encoding_remaining_seconds: 90,
      encoding_step_index: 2,
      encoding_step_total: 5,
      encoding_step_key: "encode",
      encoding_step_name: "인코딩",
      encoding_step_percent: 84,
      record: false,
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect((await store.reader.readActive("7", 100)).snapshots.map((one) => one.ref)).toContainEqual(ref);
    const id = Number(ref.id);
    expect(await worker.call("get_video_encoding_progress", [id, 7])).toBe(42);
    expect(await worker.call("get_video_encoding_remaining_seconds", [id, 7])).toBe(90);
    expect(await worker.call("get_video_encoding_step_detail", [id, 7])).toEqual({
      ...STEP,
      step_name: "encode",
    });
    expect(await say(worker, ref, "READY", { hls_path: "7/1/master.m3u8", duration: 61.4, ttl: 60 })).toBe(
      true,
    );
    expect(await worker.call("get_video_status_from_redis", [7, id])).toMatchObject({
      attempt: 1,
      version: FINAL_VERSION,
      status: "READY",
      title: `5월 ${"가".repeat(197)}`,
      hls_path: "7/1/master.m3u8",
      duration: 61,
    });
    expect(await raw.ttl(keys.status)).toBe(-1);
    expect(await raw.exists(keys.progress)).toBe(0);
    expect(await raw.zscore("tenant:7:active", `video:${ref.id}`)).toBeNull();
  });

  it("is on its tenant's lists while it lives and after it, and whoever watches them is told", async () => {
    const ref = video();
    const told: string[] = [];
    const end = await store.feed.watchLists("7", ({ active, ended }) => {
      if (active.snapshots.some((each) => each.ref.id === ref.id)) told.push("live");
      else if (ended.some((each) => each.ref.id === ref.id)) told.push("ended");
    });
    const endedAtMs = async (): Promise<number | undefined> =>
      (await store.reader.readEnded("7")).find((each) => each.ref.id === ref.id)?.endedAtMs;
    await say(worker, ref, "PROCESSING");
    await eventually("it is told as live", () => told.at(-1) === "live");
    await say(worker, ref, "READY");
    await eventually("it is told as ended", () => told.at(-1) === "ended");
    const updatedAtMs = Date.parse(String((await snapshot(ref))["updated_at"]));
    expect(await endedAtMs()).toBe(updatedAtMs);
    await say(worker, ref, "READY");
    expect(await endedAtMs()).toBe(updatedAtMs);
    await say(worker, ref, "PROCESSING");
    await eventually("it is told as live again", () => told.at(-1) === "live");
    expect(await endedAtMs()).toBeUndefined();
    await end();
  });

  it("that a person has removed is not there, and nothing is written of it any more", async () => {
    const ref = video();
    await say(worker, ref, "PROCESSING");
    await store.writer.remove(ref);
    expect(await progress(worker, ref, 50)).toBe(false);
    expect(await say(worker, ref, "PROCESSING")).toBe(false);
    expect(await say(worker, ref, "READY", { hls_path: "a", duration: 1 })).toBe(false);
    expect(await worker.call("get_video_status_from_redis", [7, ref.id])).toBeNull();
    expect(await store.reader.read(ref)).toBeNull();
  });

  it("may be said by a member of an enumeration of texts", async () => {
    const ref = video();
    expect(await worker.call("end_by_enum", [7, ref.id])).toBe(true);
    expect(await snapshot(ref)).toMatchObject({ attempt: 1, status: "READY" });
  });

  it("that has ended keeps its life and its status, whatever comes late", async () => {
    const ref = video();
    await say(worker, ref, "PROCESSING");
    await say(worker, ref, "FAILED", { error_reason: "코덱을 지원하지 않습니다" });
    const before = await snapshot(ref);
    expect(before).toMatchObject({ error_reason: "코덱을 지원하지 않습니다", hls_path: null });
    expect(await worker.call("refresh_video_progress_ttl", [7, ref.id])).toBe(false);
    expect(await progress(worker, ref, 99)).toBe(false);
    expect(await say(worker, ref, "READY")).toBe(false);
    expect(await say(worker, ref, "FAILED")).toBe(true);
    expect(await snapshot(ref)).toEqual(before);
    expect(await raw.ttl(jobKeys(ref).status)).toBe(-1);
  });
});

describe("a job", () => {
  it("ends with its result, which its reader gets whole however large it is", async () => {
    const [small, large, huge] = [job(), job(), job()];
    const result = { rows: 500, names: ["김하늘"], nested: { ok: true } };
    await say(worker, small, "PROCESSING", { job_type: "ocr" });
    await say(worker, small, "DONE", { result });
    expect(await snapshot(small)).toMatchObject({ job_type: "ocr", result, progress: null });
    await say(worker, large, "DONE", { job_type: "ocr", result: "가".repeat(5_000) });
    expect(await snapshot(large)).toMatchObject({ result: null, result_bytes: 15_002 });
    expect(await store.reader.readResult(large)).toBe(`"${"가".repeat(5_000)}"`);
    expect(await worker.call("get_job_status_from_redis", [7, large.id])).toMatchObject({
      result: "가".repeat(5_000),
    });
    await say(worker, huge, "DONE", { result: "x".repeat(1_100_000) });
    expect(await snapshot(huge)).toMatchObject({ status: "DONE", result: null, result_bytes: 1_100_002 });
  });

  it("waits as PENDING, is started as the same attempt, and is put back only by who runs it", async () => {
    const ref = job();
    expect(await say(worker, ref, "PENDING", { job_type: "ocr" })).toBe(true);
    expect(await say(worker, ref, "PENDING")).toBe(true);
    const runner = another();
    expect(await say(runner, ref, "PROCESSING")).toBe(true);
    expect(await snapshot(ref)).toMatchObject({ attempt: 1, version: 1, job_type: "ocr" });
    expect(await say(worker, ref, "PENDING")).toBe(false);
    expect(await say(runner, ref, "PENDING")).toBe(true);
    expect(await snapshot(ref)).toMatchObject({ attempt: 2, version: 0, status: "PENDING" });
    expect(await progress(runner, ref, 50)).toBe(false);
  });

  it("renews its life and its time by a sign of life, and nobody's who is not there", async () => {
    const ref = job();
    expect(await worker.call("refresh_job_progress_ttl", [7, ref.id])).toBe(false);
    expect(await raw.exists(jobKeys(ref).status, jobKeys(ref).progress)).toBe(0);
    await say(worker, ref, "PROCESSING");
    await progress(worker, ref, 30);
    await raw.expire(jobKeys(ref).status, 100);
    await raw.expire(jobKeys(ref).progress, 100);
    expect(await worker.call("refresh_job_progress_ttl", [7, ref.id, 60])).toBe(true);
    expect(await raw.ttl(jobKeys(ref).status)).toBeGreaterThan(LIVE_TTL_SECONDS - 60);
    expect(await raw.ttl(jobKeys(ref).progress)).toBeGreaterThan(LIVE_TTL_SECONDS - 60);
    expect(await worker.call("get_progress", [ref.id, 7])).toMatchObject({ percent: 30 });
  });
});

describe("several processes", () => {
  it("each start fences off the one before, for all that it says from then on", async () => {
    const ref = job();
    const second = another();
    await say(worker, ref, "PROCESSING");
    await say(second, ref, "PROCESSING");
    expect(await snapshot(ref)).toMatchObject({ attempt: 2 });
    for (let i = 0; i < 2; i++) expect(await progress(worker, ref, 90)).toBe(false);
    expect(await say(worker, ref, "DONE", { result: "late" })).toBe(false);
    expect(await progress(second, ref, 10)).toBe(true);
    expect(await snapshot(ref)).toMatchObject({ attempt: 2, progress: { percent: 10 } });
    expect(await say(second, ref, "DONE", { result: "right" })).toBe(true);
    expect(await snapshot(ref)).toMatchObject({ result: "right" });
  });

  it("that start at once take an attempt each", async () => {
    const workers = [worker, another(), another()];
    const ref = job();
    const rounds = 15;
    await Promise.all(
      workers.map(async (one) => {
        for (let i = 0; i < rounds; i++) await say(one, ref, "PROCESSING");
      }),
    );
    expect(await snapshot(ref)).toMatchObject({ attempt: workers.length * rounds });
    const moved = await Promise.all(workers.map((one) => progress(one, ref, 50)));
    expect(moved.filter(Boolean)).toHaveLength(1);
  });

  it("one that did not start the job speaks for the attempt that is there, and its end is counted", async () => {
    const ref = video();
    const helper = another();
    await say(worker, ref, "PROCESSING");
    await progress(worker, ref, 40);
    expect(await progress(helper, ref, 60)).toBe(true);
    expect(await progress(helper, ref, 20)).toBe(true);
    expect(await progress(worker, ref, 50)).toBe(true);
    expect(await snapshot(ref)).toMatchObject({ attempt: 1, version: 5, encoding_progress: 60 });
    expect(await helper.call("counts", [])).not.toHaveProperty("finish_not_begun");
    expect(await say(helper, ref, "READY", { hls_path: "a", duration: 1 })).toBe(true);
    expect(await helper.call("counts", [])).toMatchObject({ finish_not_begun: 1 });
    expect(await progress(worker, ref, 70)).toBe(false);
  });

  it("a forked child says what its parent began, and the parent goes on", async () => {
    const ref = video();
    await say(worker, ref, "PROCESSING");
    const args = ["record_progress", `video:${ref.id}`, "encode", { percent: 30 }, 7];
    expect(await worker.call("forked", args)).toBe(true);
    expect(await progress(worker, ref, 31)).toBe(true);
    expect(await snapshot(ref)).toMatchObject({ attempt: 1, encoding_progress: 31 });
  });

  it("a sign of life comes by itself while the process lives, and ends with it", async () => {
    const ref = job();
    const beating = another({ signOfLifeSeconds: 0.1 });
    await say(beating, ref, "PROCESSING");
    const first = Number((await snapshot(ref))["version"]);
    await eventually("it moves on", async () => Number((await snapshot(ref))["version"]) >= first + 2);
    await say(worker, ref, "DONE");
    const ended = await snapshot(ref);
    await eventually("its next sign of life was refused", async () => {
      const counted = (await beating.call("counts", [])) as Record<string, number>;
      return (counted["progress_finished"] ?? 0) > 0;
    });
    expect(await snapshot(ref)).toEqual(ended);
    expect(await raw.ttl(jobKeys(ref).status)).toBe(-1);
  });
});

describe("beside others", () => {
  it("old code's plain value is overtaken by a start and an end, and left alone by progress", async () => {
    const [started, ended, running] = [video(), video(), video()];
    for (const ref of [started, ended, running])
      await raw.setex(jobKeys(ref).status, 100, '{"status": "PROCESSING"}');
    await say(worker, started, "PROCESSING");
    expect(await snapshot(started)).toMatchObject({ attempt: 1, status: "PROCESSING" });
    await say(worker, ended, "READY", { hls_path: "a", duration: 1 });
    expect(await snapshot(ended)).toMatchObject({ attempt: 1, status: "READY" });
    expect(await progress(worker, running, 50)).toBe(false);
    expect(await raw.get(jobKeys(running).status)).toBe('{"status": "PROCESSING"}');
  });

  it("old code's plain end over a running job stays; its plain PROCESSING is taken back", async () => {
    const [ended, running] = [video(), video()];
    for (const ref of [ended, running]) await say(worker, ref, "PROCESSING");
    await raw.set(jobKeys(ended).status, '{"status": "READY"}');
    await raw.setex(jobKeys(running).status, 100, '{"status": "PROCESSING"}');
    expect(await progress(worker, ended, 50)).toBe(false);
    expect(await raw.get(jobKeys(ended).status)).toBe('{"status": "READY"}');
    expect(await progress(worker, running, 50)).toBe(true);
    expect(await snapshot(running)).toMatchObject({ attempt: 1, encoding_progress: 50 });
  });

  it("a key of another type is this job's trouble alone", async () => {
    const [wrong, other] = [job(), job()];
    await raw.rpush(jobKeys(wrong).status, "a list");
    expect(await say(worker, wrong, "PROCESSING")).toBe(false);
    expect(await say(worker, wrong, "DONE")).toBe(false);
    expect(await say(worker, other, "PROCESSING")).toBe(true);
    expect(await worker.call("counts", [])).not.toHaveProperty("unavailable");
  });

  it("a feed hears every write at once", async () => {
    const ref = job();
    const heard: string[] = [];
    const subscription = await store.feed.subscribe([ref], ({ status }) => heard.push(status));
    await say(worker, ref, "PROCESSING");
    await eventually("the start is heard", () => heard.length === 1);
    await say(worker, ref, "DONE");
    await eventually("the end is heard", () => heard.length === 2);
    await subscription.close();
    expect(heard).toEqual(["PROCESSING", "DONE"]);
  });
});

describe("what is wrong", () => {
  it.each([
    ["cache_video_status", [null, 1, "READY"], "tenant_id must be 1 to 64 of A-Z a-z 0-9 _ -: 'None'"],
    ["cache_video_status", ["", 1, "READY"], "tenant_id must be 1 to 64"],
    ["cache_video_status", [7, "1:status", "READY"], "video_id must be 1 to 64"],
    ["cache_job_status", [7, "a\n", "DONE"], "job_id must be 1 to 64"],
    ["cache_job_status", [7, true, "DONE"], "job_id must be 1 to 64"],
    ["get_job_status_from_redis", [7, "{1}"], "job_id must be 1 to 64"],
    [
      "cache_video_status",
      [7, 1, "DONE"],
      "status of a video must be one of PENDING, PROCESSING, READY, FAILED, CANCELLED: 'DONE'",
    ],
    ["cache_job_status", [7, 1, "processing"], "status of a job must be one of"],
    ["get_video_encoding_progress", [1], "tenant_id is missing"],
    ["get_video_encoding_step_detail", [1], "tenant_id is missing"],
    ["get_video_encoding_remaining_seconds", [1], "tenant_id is missing"],
    ["get_progress", ["video:1"], "tenant_id is missing"],
    ["record_progress", ["video:1", "encode", {}], "tenant_id is missing"],
    ["cache_job_status", [7, 1, "DONE", "ocr", null, 2 ** 60], "result cannot be said in JSON"],
  ])("%s%j is a ValueError of one line", async (name, args, text) => {
    const error = await worker.call(name, args).catch((raised: unknown) => String(raised));
    expect(error).toContain(`Error: ValueError: ${text}`);
    expect(error).not.toContain("\n");
  });

  it("nothing of another tenant is read", async () => {
    const ref = video();
    await say(worker, ref, "PROCESSING");
    await progress(worker, ref, 42);
    expect(await worker.call("get_video_encoding_progress", [ref.id, 8])).toBeNull();
    expect(await worker.call("get_video_status_from_redis", [8, ref.id])).toBeNull();
  });
});

describe("while Redis is away", () => {
  it("writes answer False and come later, reads raise StatusUnavailable", { timeout: 60_000 }, async () => {
    const hurried = another({ timeoutSeconds: 0 });
    const [started, ended, running] = [job(), job(), job()];
    await say(hurried, ended, "PROCESSING");
    await say(hurried, running, "PROCESSING");
    server.pause();
    try {
      expect(await say(hurried, started, "PROCESSING", { job_type: "ocr" })).toBe(false);
      expect(await progress(hurried, started, 20)).toBe(false);
      expect(await say(hurried, ended, "DONE", { result: 3 })).toBe(false);
      expect(await progress(hurried, running, 77)).toBe(false);
      await expect(hurried.call("get_job_status_from_redis", [7, ended.id])).rejects.toThrow(
        /^StatusUnavailable: /,
      );
    } finally {
      server.resume();
    }
    await eventually("the end is there", async () => (await snapshot(ended))["status"] === "DONE");
    await eventually("the start is there", async () => (await snapshot(started))["job_type"] === "ocr");
    expect(await snapshot(started)).toMatchObject({ progress: { percent: 20 } });
    await eventually("the newest progress is there", async () => (await snapshot(running))["version"] !== 1);
    expect(await snapshot(running)).toMatchObject({ attempt: 1, progress: { percent: 77 } });
  });

  it("and lost all, a running job comes back by its next word", async () => {
    const ref = job();
    await say(worker, ref, "PROCESSING", { job_type: "ocr" });
    await raw.flushall();
    expect(await progress(worker, ref, 50)).toBe(true);
    expect(await snapshot(ref)).toMatchObject({ attempt: 1, job_type: "ocr", progress: { percent: 50 } });
    expect(await raw.zscore("tenant:7:active", `job:${ref.id}`)).not.toBeNull();
  });
});

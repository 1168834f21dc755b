import {
  FINAL_VERSION,
  jobKeys,
  jobRef,
  tenantKeys,
  type JobRef,
  type StatusStore,
  type StoredSnapshot,
} from "@statusplane/core";
import { freshRef, PATIENT, pending, processing, succeeded } from "@statusplane/core/testing/status-store";
import { eventually, startRedis, type RedisServer } from "@statusplane/test-support";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRedisStatusStore } from "../src/index.ts";
import { startNoteWriter, type NoteWriter } from "./foreign/note-writer.ts";

let noteWriter: NoteWriter;
let server: RedisServer;
let store: StatusStore;
let raw: Redis;
let foreignReads = 0;
beforeAll(async () => {
  server = await startRedis();
  store = await openRedisStatusStore({
    url: server.url,
    timings: PATIENT,
    counters: { onForeignRead: () => foreignReads++ },
  });
  raw = new Redis(server.url);
  noteWriter = startNoteWriter(server.port);
});
beforeEach(() => {
  foreignReads = 0;
});
afterAll(async () => {
  await noteWriter.stop();
  raw.disconnect();
  await store.close();
  await server.stop();
});

/** Writes as the note's helpers do. */
function python(command: "processing" | "finish", ref: JobRef, members: object): Promise<void> {
  return noteWriter.write(command, ref, members);
}

async function read(ref: JobRef): Promise<StoredSnapshot> {
  const snapshot = await store.reader.read(ref);
  if (snapshot === null) throw new Error("nothing there");
  return snapshot;
}

const body = ({ text }: StoredSnapshot): Record<string, unknown> =>
  JSON.parse(text) as Record<string, unknown>;

const PROGRESS = {
  percent: 42,
  remaining_seconds: 90,
  step_index: 2,
  step_total: 5,
  step_name_display: "변환",
  step_percent: 84,
};

describe("what the design note's Python workers write", () => {
  it("PROCESSING of a video is completed from its hash", async () => {
    const ref = freshRef("video");
    await python("processing", ref, PROGRESS);
    expect(await raw.get(jobKeys(ref).status)).toBe('{"status": "PROCESSING"}');
    const snapshot = await read(ref);
    expect(snapshot).toMatchObject({ attempt: 0, version: 0, status: "PROCESSING" });
    expect(body(snapshot)).toEqual({
      attempt: 0,
      version: 0,
      status: "PROCESSING",
      id: Number(ref.id),
      title: null,
      encoding_progress: 42,
      encoding_remaining_seconds: 90,
      encoding_step_index: 2,
      encoding_step_total: 5,
      encoding_step_key: null,
      encoding_step_name: "변환",
      encoding_step_percent: 84,
      record: false,
      updated_at: null,
    });
    expect(foreignReads).toBe(1);
  });

  it("PROCESSING of a job is completed from its hash, and its ETag follows the hash", async () => {
    const ref = freshRef("job");
    await python("processing", ref, { percent: 10 });
    const before = await read(ref);
    await python("processing", ref, { percent: 11 });
    const after = await read(ref);
    expect(body(after)).toMatchObject({
      job_id: ref.id,
      job_type: "parsing",
      progress: { percent: 11, step_index: null },
    });
    expect(after.etag).not.toBe(before.etag);
    expect((await read(ref)).etag).toBe(after.etag);
  });

  it("READY carries path and duration and counts as final", async () => {
    const ref = freshRef("video");
    await python("finish", ref, { status: "READY", hls_path: "media/hls/7/42/main.list", duration: 125 });
    const snapshot = await read(ref);
    expect(snapshot).toMatchObject({ attempt: 0, version: FINAL_VERSION, status: "READY" });
    expect(body(snapshot)).toMatchObject({
      id: Number(ref.id),
      hls_path: "media/hls/7/42/main.list",
      duration: 125,
      encoding_progress: null,
    });
  });

  it("FAILED carries its Korean reason, which Python wrote in ASCII", async () => {
    const ref = freshRef("video");
    await python("finish", ref, { status: "FAILED", error_reason: "코덱을 지원하지 않습니다" });
    expect(await raw.get(jobKeys(ref).status)).toContain("\\ucf54\\ub371");
    expect(body(await read(ref))).toMatchObject({
      status: "FAILED",
      error_reason: "코덱을 지원하지 않습니다",
      hls_path: null,
    });
  });

  it("DONE carries its result", async () => {
    const ref = freshRef("job");
    const result = { rows: 500, names: ["김하늘"], nested: { ok: true } };
    await python("finish", ref, { status: "DONE", job_type: "scan", result });
    expect(body(await read(ref))).toMatchObject({
      status: "DONE",
      job_type: "scan",
      result,
      error_message: null,
      progress: null,
    });
  });

  it("are read in one batch with our own, in order", async () => {
    const refs = [freshRef("video"), freshRef("video"), freshRef("job")] as const;
    await python("processing", refs[0], PROGRESS);
    await store.writer.write("announce", processing(refs[1], 1, 5));
    await python("finish", refs[2], { status: "DONE", result: 1 });
    const snapshots = await store.reader.readMany(refs);
    expect(snapshots.map((one) => [one?.attempt, one?.status])).toEqual([
      [0, "PROCESSING"],
      [1, "PROCESSING"],
      [0, "DONE"],
    ]);
    expect(foreignReads).toBe(2);
  });

  it.each(["PENDING", "FAILED"])(
    "is overtaken by our worker's announcement, even after %s",
    async (status) => {
      const ref = freshRef("video");
      await python("processing", ref, { ...PROGRESS, worker: "python" });
      await python("finish", ref, { status });
      const reply = await store.writer.write("announce", processing(ref, 1, 3));
      expect(reply).toEqual({ answer: "accepted", cancelRequested: false });
      expect((await read(ref)).text).toBe(processing(ref, 1, 3).text);
      expect(await raw.hget(jobKeys(ref).progress, "worker")).toBeNull();
    },
  );

  it("written over our running job makes its progress absent, until it announces itself again", async () => {
    const ref = freshRef("video");
    await store.writer.write("announce", processing(ref, 1, 3));
    await store.writer.requestCancel(ref, 1);
    await python("processing", ref, { percent: 99, worker: "python" });
    expect(await store.writer.write("progress", processing(ref, 1, 4))).toEqual({
      answer: "absent",
      cancelRequested: false,
    });
    expect(await store.writer.requestCancel(ref, 1)).toBe(false);
    expect(await store.writer.write("announce", processing(ref, 1, 5))).toMatchObject({ answer: "accepted" });
    expect(await raw.hget(jobKeys(ref).progress, "worker")).toBeNull();
    expect(await store.writer.write("finish", succeeded(ref))).toMatchObject({ answer: "accepted" });
  });

  it("is on no active list by itself; whoever reads it puts it there, once however often it is read", async () => {
    const ref = jobRef("foreign-active", "video", "5");
    await python("processing", ref, PROGRESS);
    expect(await store.reader.readActive(ref.tenant, 5)).toEqual({ snapshots: [], more: 0 });
    await raw.config("RESETSTAT");
    for (let i = 0; i < 20; i++) await read(ref);
    const { text } = await read(ref);
    await eventually("it is on the list", async () => {
      const { snapshots } = await store.reader.readActive(ref.tenant, 5);
      return snapshots[0]?.text === text;
    });
    expect(await raw.info("commandstats")).toMatch(/^cmdstat_zadd:calls=1,/m);
  });

  it("that has ended is put on no list, and is taken off it", async () => {
    const ref = jobRef("foreign-ended", "video", "6");
    await python("finish", ref, { status: "READY" });
    await read(ref);
    expect(await raw.exists(tenantKeys(ref.tenant).active)).toBe(0);
    await python("processing", ref, PROGRESS);
    await read(ref);
    await eventually("it is on the list", () => raw.zscore(tenantKeys(ref.tenant).active, "video:6"));
    await python("finish", ref, { status: "READY" });
    expect(await store.reader.readActive(ref.tenant, 5)).toEqual({ snapshots: [], more: 0 });
    await eventually(
      "it is off the list",
      async () => (await raw.exists(tenantKeys(ref.tenant).active)) === 0,
    );
  });

  it("is answered although the list cannot be written", async () => {
    const ref = jobRef("foreign-unlisted", "video", "7");
    await raw.set(tenantKeys(ref.tenant).active, "of another type");
    await python("processing", ref, PROGRESS);
    expect(body(await read(ref))).toMatchObject({ encoding_progress: 42 });
  });

  it("reaches a feed by its re-read; every differing value is news until ours comes", async () => {
    const quick = await openRedisStatusStore({
      url: server.url,
      timings: { ...PATIENT, rereadMs: 50 },
    });
    try {
      const ref = freshRef("video");
      await python("processing", ref, { percent: 50 });
      const seen: StoredSnapshot[] = [];
      await quick.feed.subscribe([ref], (snapshot) => seen.push(snapshot));
      expect(seen.map((one) => body(one)["encoding_progress"])).toEqual([50]);
      await raw.hset(jobKeys(ref).progress, "percent", "40");
      await eventually("the differing value is told", () => seen.length === 2);
      await store.writer.write("announce", pending(ref));
      await eventually("our announcement is told", () => seen.length === 3);
      await raw.set(jobKeys(ref).status, '{"status": "PROCESSING"}');
      await store.writer.write("announce", processing(ref, 2, 1));
      await eventually("the next attempt is told", () => seen.at(-1)?.attempt === 2);
      expect(seen.map(({ attempt }) => attempt)).toEqual([0, 0, 1, 2]);
    } finally {
      await quick.close();
    }
  });

  it.each(["not JSON", '"text"', '{"status": "SOMETHING"}', '{"attempt":1}', ""])(
    "that says nothing we know counts as absent: %j",
    async (text) => {
      const ref = freshRef("job");
      await raw.set(jobKeys(ref).status, text);
      expect(await store.reader.read(ref)).toBeNull();
      expect(await store.writer.write("progress", processing(ref, 1, 2))).toMatchObject({ answer: "absent" });
      expect(await store.writer.write("announce", pending(ref))).toMatchObject({ answer: "accepted" });
    },
  );

  it.each([
    ["a list", (key: string) => raw.rpush(key, "a")],
    [
      "a number that a browser would round",
      (key: string) => raw.set(key, '{"status":"DONE","result":12345678901234567890}'),
    ],
    ["no number at all", (key: string) => raw.set(key, '{"status":"DONE","result":1e999}')],
    [
      "too deep",
      (key: string) =>
        raw.set(key, `{"status":"DONE","result":${"[".repeat(200_000)}${"]".repeat(200_000)}}`),
    ],
  ])("that is %s is missing for its reader, and for nobody else of that turn", async (_what, write) => {
    const [wrong, ours, foreign] = [freshRef("job"), freshRef("job"), freshRef("job")];
    await write(jobKeys(wrong).status);
    await store.writer.write("announce", pending(ours));
    await python("processing", foreign, { percent: 10 });
    const read = await store.reader.readMany([wrong, ours, foreign]);
    expect(read.map((each) => each?.status ?? null)).toEqual([null, "PENDING", "PROCESSING"]);
  });

  it("with a hash that is none has no progress, and takes nobody else's", async () => {
    const [wrong, foreign] = [freshRef("job"), freshRef("job")];
    for (const ref of [wrong, foreign]) await python("processing", ref, { percent: 10 });
    await raw.del(jobKeys(wrong).progress);
    await raw.set(jobKeys(wrong).progress, "no hash");
    const read = await store.reader.readMany([wrong, foreign]);
    expect(read.map((each) => (each === null ? null : body(each)["progress"]))).toEqual([
      expect.objectContaining({ percent: null }),
      expect.objectContaining({ percent: 10 }),
    ]);
  });

  it("under the key of a result that is no text is no result", async () => {
    const ref = freshRef("job");
    await raw.sadd(jobKeys(ref).result, "x");
    expect(await store.reader.readResult(ref)).toBeNull();
  });
});

/**
 * What a job costs in Redis: bytes per job by kind and state, and the size of a million, by `used_memory` of a real
 * redis-server. Baselines in the same run: the design note's string and hash, and BullMQ keeping its finished jobs.
 */
import {
  bitmapOf,
  DEFAULT_TIMINGS,
  encodeSnapshot,
  jobRef,
  uuidV7,
  viewRef,
  type EncodedSnapshot,
  type JobRef,
  type Snapshot,
  type WriteKind,
} from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import { startRedis, withRedis } from "@statusplane/test-support";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";

const JOBS = Number(process.env["BENCH_JOBS"] ?? "100000");
const AT_ONCE = 200;
const MILLION = 1_000_000;
const IMPORT_RESULT = {
  total: 5_000,
  inserted: 4_900,
  updated: 80,
  unchanged: 0,
  rejected: 20,
  errors: [],
  rejected_url: null,
};
const LARGE_TEXT = JSON.stringify({ text: "가".repeat(5_000) });

/** One kind of content; `fill` writes so many jobs into an empty Redis. */
interface Content {
  readonly name: string;
  readonly fill: (url: string, jobs: number) => Promise<void>;
}

export async function run(): Promise<void> {
  console.log(
    `${JOBS.toLocaleString("en-US")} jobs each, in a Redis of its own; used_memory before and after`,
  );
  const contents: readonly Content[] = [
    ours("running (text and hash)", "announce", running),
    ours("finished video", "finish", finishedVideo),
    ours("finished import, result inline", "finish", finishedImport),
    ours("finished job, 15 KB result under its own key", "finish", largeResult),
    viewed(1),
    viewed(3),
    { name: "the note: finished video (string)", fill: fillNoteFinished },
    { name: "the note: running (string and hash)", fill: fillNoteRunning },
    { name: "BullMQ: finished job kept, same result", fill: fillBullmq },
  ];
  const bytes = new Map<string, number>();
  for (const { name, fill } of contents) bytes.set(name, await bytesPerJob(fill, name.startsWith("BullMQ")));
  const base = bytes.get("finished video") ?? Number.NaN;
  console.log(`${"content".padEnd(48)} bytes/job   a million    × finished video`);
  for (const [name, each] of bytes) {
    const gib = `${((each * MILLION) / 1024 ** 2).toFixed(0)} MiB`;
    console.log(
      `${name.padEnd(48)} ${each.toFixed(0).padStart(9)} ${gib.padStart(11)} ${(each / base).toFixed(2).padStart(19)}`,
    );
  }
}

async function bytesPerJob(fill: Content["fill"], isSlow: boolean): Promise<number> {
  const jobs = isSlow ? Math.min(JOBS, 20_000) : JOBS;
  const server = await startRedis(["--maxmemory-policy", "noeviction"]);
  try {
    const before = await usedMemory(server.url);
    await fill(server.url, jobs);
    return ((await usedMemory(server.url)) - before) / jobs;
  } finally {
    await server.stop();
  }
}

function usedMemory(url: string): Promise<number> {
  return withRedis(url, async (redis) => Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]));
}

/** Through the real adapter: guard, text, hash, TTL. Tenants' lists of what is live are part of it. */
function ours(name: string, kind: WriteKind, of: (ref: JobRef) => Snapshot): Content {
  return {
    name,
    async fill(url, jobs) {
      const store = await openRedisStatusStore({
        url,
        timings: { ...DEFAULT_TIMINGS, requestDeadlineMs: 10_000 },
      });
      try {
        await inBatches(jobs, async () => {
          const kindOfJob = name.includes("video") || name.includes("running") ? "video" : "job";
          const snapshot: EncodedSnapshot = encodeSnapshot(of(jobRef("7", kindOfJob, uuidV7())));
          const { answer } = await store.writer.write(kind, snapshot);
          if (answer !== "accepted") throw new Error(`a write of the bench was answered ${answer}`);
        });
      } finally {
        await store.close();
      }
    },
  };
}

/** What one viewer has watched of a video, as it lies there between two flushes: 30 viewers a video, a report each. */
function viewed(hours: number): Content {
  const lengthSeconds = hours * 3_600;
  const watched = bitmapOf([[0, lengthSeconds - 60]]);
  const recorded = {
    session: 1,
    version: 1,
    positionSeconds: 1,
    lengthSeconds,
    seenAtMs: null,
    attendedAtMs: null,
  };
  const rules = {
    lengthSeconds,
    maxSpeed: 2,
    seekAhead: true,
    places: 2,
    neededSeconds: lengthSeconds,
    deadlineMs: null,
  };
  const said = {
    ranges: [],
    positionSeconds: 1_800.5,
    speed: 1,
    muted: false,
    hidden: false,
    left: false,
    agoMs: 0,
  };
  return {
    name: `a viewer's view, ${hours} h watched`,
    async fill(url, views) {
      const timings = { ...DEFAULT_TIMINGS, requestDeadlineMs: 10_000 };
      await using store = await openRedisStatusStore({ url, timings });
      await inBatches(views, async (n) => {
        const ref = viewRef("7", `v${Math.floor(n / 30)}`, uuidV7());
        await store.views.load([{ ref, recorded: { ...recorded, watched } }]);
        const { outcome } = await store.views.report(ref, { ...said, player: uuidV7() }, rules);
        if (outcome !== "counted") throw new Error(`a report of the bench was answered ${outcome}`);
      });
    },
  };
}

async function inBatches(jobs: number, one: (n: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < jobs; from += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, jobs - from) }, (_, n) => one(from + n)));
  }
}

/** As people name files: 22 bytes in UTF-8. */
const TITLE = "5월 강의 3강.mp4";
const updatedAt = "2026-11-26T09:00:00.000Z";

const running = (ref: JobRef): Snapshot => ({
  ref,
  jobType: "video_hls",
  title: TITLE,
  attempt: 1,
  updatedAt,
  status: "PROCESSING",
  version: 120,
  progress: {
    percent: 42.5,
    remainingSeconds: 73,
    step: { index: 2, total: 4, key: "encode", name: "인코딩", percent: 55 },
  },
});

const finishedVideo = (ref: JobRef): Snapshot => ({
  ref,
  jobType: "video_hls",
  title: TITLE,
  attempt: 1,
  updatedAt,
  status: "READY",
  outputPath: `7/${ref.id}/1/master.m3u8`,
  durationSeconds: 2_700,
});

const finishedImport = (ref: JobRef): Snapshot => ({
  ref,
  jobType: "excel_import",
  title: TITLE,
  attempt: 1,
  updatedAt,
  status: "DONE",
  result: { kind: "inline", value: IMPORT_RESULT },
});

const largeResult = (ref: JobRef): Snapshot => ({
  ref,
  jobType: "ocr",
  title: TITLE,
  attempt: 1,
  updatedAt,
  status: "DONE",
  result: { kind: "large", bytes: Buffer.byteLength(LARGE_TEXT), text: LARGE_TEXT },
});

/** `SET` of the note's finished status: `json.dumps` with its spaces. */
function fillNoteFinished(url: string, jobs: number): Promise<void> {
  return withNoteClient(url, jobs, async (redis) => {
    const id = uuidV7();
    const status = `{"status": "READY", "hls_path": "7/${id}/1/master.m3u8", "duration": 2700, "error_reason": null}`;
    await redis.set(`tenant:7:video:${id}:status`, status);
  });
}

/** `SETEX`, `HSET` and `EXPIRE` as the note's helpers send them. */
function fillNoteRunning(url: string, jobs: number): Promise<void> {
  return withNoteClient(url, jobs, async (redis) => {
    const key = `tenant:7:video:${uuidV7()}`;
    await Promise.all([
      redis.setex(`${key}:status`, 21_600, '{"status": "PROCESSING"}'),
      redis.hset(`${key}:progress`, {
        percent: "42.5",
        remaining_seconds: "73",
        step_index: "2",
        step_total: "4",
        step_name_display: "인코딩",
        step_percent: "55",
      }),
      redis.expire(`${key}:progress`, 21_600),
    ]);
  });
}

async function withNoteClient(
  url: string,
  jobs: number,
  one: (redis: Redis) => Promise<void>,
): Promise<void> {
  const redis = new Redis(url);
  try {
    await inBatches(jobs, () => one(redis));
  } finally {
    redis.disconnect();
  }
}

/** BullMQ with `removeOnComplete: false`: what keeping its jobs as the status would cost. */
async function fillBullmq(url: string, jobs: number): Promise<void> {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue("kept", { connection });
  let done = 0;
  const allDone = new Promise<void>((resolve) => {
    const worker = new Worker(
      "kept",
      () =>
        Promise.resolve({
          hls_path: "7/0190aaaa-0000-7000-8000-000000000000/1/master.m3u8",
          duration: 2_700,
        }),
      { connection: connection.duplicate(), concurrency: 50 },
    );
    worker.on("completed", () => {
      if (++done === jobs) void worker.close().then(resolve);
    });
  });
  for (let from = 0; from < jobs; from += AT_ONCE) {
    const data = (): object => ({ tenant: "7", kind: "video", id: uuidV7() });
    await queue.addBulk(
      Array.from({ length: Math.min(AT_ONCE, jobs - from) }, () => ({ name: "video", data: data() })),
    );
  }
  await allDone;
  await queue.close();
  connection.disconnect();
}

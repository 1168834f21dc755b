import {
  startPostgres,
  startProgram,
  startRedis,
  eventually,
  type RunningProgram,
} from "@statusplane/test-support";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { writeXlsx } from "hucre/xlsx";
import type { Random } from "../random.ts";
import { writeForeignValues } from "./foreign-writes.ts";
import { KnownWorld, studentNumber, STUDENTS } from "./known-world.ts";

const run = promisify(execFile);

/** Of a video, what its first look sees: no worker will read the rest. */
const FIRST_BYTES = 1_024;
/** Values that other programs wrote, per tenant and kind. */
const FOREIGN_IDS = 60;

/** The product as it is deployed: Postgres, two Redis servers, an api process, and finished work of both kinds. */
export interface FuzzTarget {
  readonly url: URL;
  readonly world: KnownWorld;
  readonly program: RunningProgram;
  close(): Promise<void>;
}

/** Starts everything; a worker finishes one video and one import and is stopped again. */
export async function openTarget(random: Random): Promise<FuzzTarget> {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-fuzz-"));
  const [postgres, status, queue] = await Promise.all([
    startPostgres(),
    startRedis(["--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"]),
    startRedis(["--maxmemory-policy", "noeviction"]),
  ]);
  const env = {
    DATABASE_URL: await postgres.createDatabase("statusplane"),
    REDIS_URL: status.url,
    QUEUE_URL: queue.url,
    DATA_DIR: join(folder, "data"),
    DEMO: "1",
    // A busy machine answers late, not otherwise.
    TIMINGS: JSON.stringify({ requestDeadlineMs: 10_000, databaseDeadlineMs: 10_000 }),
    // Messages are previewed, and none is sent: no worker is left by then.
    SMTP_URL: "smtp://127.0.0.1:9",
    // The import's result has a key of its own, so that the route of results is reached.
    RESULT_INLINE_MAX_BYTES: "1024",
    RATE_LIMIT_PER_MINUTE: "100000000",
    RATE_LIMIT_MISSES_PER_MINUTE: "100000000",
    RATE_LIMIT_TENANT_PER_MINUTE: "100000000",
    RATE_LIMIT_READS_PER_MINUTE: "100000000",
    RATE_LIMIT_ADDRESS_PER_MINUTE: "100000000",
  };
  const program = await startProgram({ role: "api", env });
  const worker = await startProgram({ role: "worker", env });
  const url = new URL(program.url);
  const world = new KnownWorld({
    video: await made(join(folder, "small.mp4"), [
      ...["-pix_fmt", "yuv420p"],
      ...["-c:v", "libx264", "-preset", "ultrafast"],
    ]),
    workbook: Buffer.from(await writeXlsx({ sheets: [{ name: "학생", rows: ROWS }] })),
  });
  for (const tenant of ["1", "2"]) world.tokens.push(await signIn(url, tenant));
  await finishSomething(url, world, await made(join(folder, "page.png"), ["-frames:v", "1"]));
  await worker.stop();
  world.files.video = world.files.video.subarray(0, FIRST_BYTES);
  world.foreignIds.push(...(await writeForeignValues(status.url, random, FOREIGN_IDS)));
  return {
    url,
    world,
    program,
    async close() {
      await program.stop();
      await Promise.all([postgres.stop(), status.stop(), queue.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The last rows are rejected: so there is a workbook of rejected rows, and a result above a kibibyte. */
const ROWS = [
  ["학번", "이름", "학년"],
  ...Array.from({ length: STUDENTS }, (_, i) => [studentNumber(i + 1), "홍길동", 1]),
  ...Array.from({ length: 20 }, (_, i) => [`X${i + 1}`, "김철수", 13]),
];

/** A small picture, or a second of them. */
async function made(path: string, how: readonly string[]): Promise<Buffer> {
  const source = ["-f", "lavfi", "-i", "testsrc2=size=128x72:rate=10:duration=1"];
  await run("ffmpeg", ["-hide_banner", "-loglevel", "error", ...source, ...how, path]);
  return readFile(path);
}

async function signIn(url: URL, tenant: string): Promise<string> {
  const answer = await fetch(new URL("/api/v1/demo/sign-in/", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ tenant }),
  });
  return memberOf(await answer.json(), "token");
}

async function finishSomething(url: URL, world: KnownWorld, page: Buffer): Promise<void> {
  const headers = { authorization: `Bearer ${world.token}` };
  const submit = async (path: string, file: Buffer, name: string, jobType = ""): Promise<unknown> => {
    const form = new FormData();
    if (jobType !== "") form.set("job_type", jobType);
    form.set("file", new Blob([new Uint8Array(file)]), name);
    const answer = await fetch(new URL(path, url), { method: "POST", headers, body: form });
    return answer.json();
  };
  const video = memberOf(await submit("/media/videos/", world.files.video, "a.mp4"), "id");
  const submitted = await submit("/api/v1/jobs/", world.files.workbook, "a.xlsx", "excel_import");
  const job = memberOf(submitted, "job_id");
  world.tokens.push(memberOf(submitted, "watch_token"));
  world.document = memberOf(await submit("/api/v1/jobs/", page, "a.png", "ocr"), "job_id");
  const jobs = [job, world.document].map((id) => `/api/v1/jobs/${id}/progress/`);
  for (const path of [`/media/videos/${video}/progress/`, ...jobs]) {
    const text = await eventually(`${path} ends`, async () => {
      const answer = await (await fetch(new URL(path, url), { headers })).text();
      return /"status":"(PENDING|PROCESSING)"/.test(answer) ? null : answer;
    });
    if (!/"status":"(READY|DONE)"/.test(text)) throw new Error(`${path} ended ${text}`);
  }
  world.ended("video", video);
  world.ended("job", job);
  const playback = await fetch(new URL(`/media/videos/${video}/playback/`, url), { headers });
  const [, signature, file] =
    /\/media\/hls\/([^/]+)\/([^/]+)$/.exec(memberOf(await playback.json(), "hls_url")) ?? [];
  if (signature === undefined || file === undefined) throw new Error("the video does not play");
  world.playing = { signature, file };
}

function memberOf(body: unknown, name: string): string {
  const value = (body as Readonly<Record<string, unknown>>)[name];
  if (typeof value !== "string") throw new Error(`no ${name} in ${JSON.stringify(body)}`);
  return value;
}

import { createHmac } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobProgressBody, ProblemBody, VideoProgressBody } from "@statusplane/core/wire";
import { startProgram, type RunningProgram } from "@statusplane/test-support";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Api, type SubmittedBody } from "./support/api.ts";
import { makeVideo, makeWorkbook } from "./support/inputs.ts";

const run = promisify(execFile);
const SECRET = "bad-input-secret-of-32-bytes-or-more!";

/** Every kind of bad input against the whole program: its documented status and code, and nothing left behind. */
describe("bad input", () => {
  let folder: string;
  let program: RunningProgram;
  let api: Api;

  const path = (name: string): string => join(folder, name);
  const token = (claims: object, header: object = { alg: "HS256", typ: "JWT" }): string => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const body = `${part(header)}.${part({ sub: "x", exp: Math.floor(Date.now() / 1000) + 3600, ...claims })}`;
    return `${body}.${createHmac("sha256", SECRET).update(body).digest("base64url")}`;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "statusplane-bad-input-"));
    program = await startProgram({
      env: { DATA_DIR: path("data"), JWT_SECRET: SECRET, UPLOAD_MAX_BYTES: String(4 * 1024 * 1024) },
    });
    api = new Api(program.url, token({ tenant_id: 1 }));
  });
  afterAll(async () => {
    await program.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function refusal(
    target: "/media/videos/" | "/api/v1/jobs/",
    name: string,
    content: Buffer,
  ): Promise<string> {
    const form = new FormData();
    if (target === "/api/v1/jobs/") form.set("job_type", "excel_import");
    form.set("file", new Blob([new Uint8Array(content)]), name);
    const { status, body, headers } = await api.call(target, { form });
    expect(headers.get("content-type")).toContain("application/problem+json");
    return `${status} ${body.code}`;
  }

  it("refuses a file that is not what it should be at the door, and keeps nothing of it", async () => {
    const text = Buffer.from("this is a text\n".repeat(100));
    expect(await refusal("/media/videos/", "lecture.mp4", text)).toBe("415 not_a_video");
    expect(await refusal("/media/videos/", "empty.mp4", Buffer.alloc(0))).toBe("422 file_empty");
    expect(await refusal("/api/v1/jobs/", "students.xlsx", text)).toBe("415 not_a_workbook");
    expect(await refusal("/api/v1/jobs/", "students.xlsx", Buffer.alloc(0))).toBe("422 file_empty");
    const mp4Head = Buffer.from("\0\0\0\x20ftypisom", "latin1");
    const large = Buffer.concat([mp4Head, Buffer.alloc(5 * 1024 * 1024)]);
    expect(await refusal("/media/videos/", "large.mp4", large)).toBe("413 file_too_large");
    expect(await filesBelow(path("data/uploads"))).toEqual([]);
    expect((await api.call<{ items: unknown[] }>("/media/videos/")).body.items).toEqual([]);
    expect((await api.call<{ items: unknown[] }>("/api/v1/jobs/")).body.items).toEqual([]);
  });

  it.each<[string, () => Promise<string>, string]>([
    ["a truncated video", truncatedVideo, "video_unreadable"],
    ["sound without a picture", audioOnly, "video_no_picture"],
    [
      "a header with nothing behind it",
      () => written("head.mp4", Buffer.from("\0\0\0\x20ftypisom", "latin1")),
      "video_unreadable",
    ],
  ])("ends %s as FAILED with a code, without another try", async (_, make, code) => {
    const failed = await api.ended<VideoProgressBody>(await api.submitVideo(await make()));
    expect(failed).toMatchObject({ status: "FAILED", attempt: 1, error_code: code, hls_path: null });
    expect(failed.error_reason).toMatch(/[가-힣]/);
    expect(await filesBelow(path(`data/outputs/video/1/${failed.id}`))).toEqual([]);
  });

  it.each<[string, () => Promise<string>, string]>([
    [
      "an encrypted workbook",
      () => {
        const compound = Buffer.alloc(1_024); // sectors of 512 bytes, the directory in the first
        compound.write("D0CF11E0A1B11AE1", "hex");
        compound.writeUInt16LE(9, 30);
        compound.write("EncryptedPackage", 512, "utf16le");
        return written("encrypted.xlsx", compound);
      },
      "workbook_encrypted",
    ],
    [
      "a zip that is no workbook",
      () => written("broken.xlsx", Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(600)])),
      "workbook_unreadable",
    ],
  ])("ends %s as FAILED with a code, or refuses it at the door with it", async (_, make, code) => {
    const content = await readFile(await make());
    const form = new FormData();
    form.set("job_type", "excel_import");
    form.set("file", new Blob([new Uint8Array(content)]), "x.xlsx");
    const { status, body } = await api.call<SubmittedBody & { code?: string }>("/api/v1/jobs/", { form });
    if (status !== 202) {
      expect(body.code).toBe(code);
      return;
    }
    const ended = await api.ended<JobProgressBody>(body);
    expect(ended).toMatchObject({ status: "FAILED", attempt: 1, error_code: code });
  });

  it("imports the good rows of a workbook of which 60 % are bad", async () => {
    const mostlyBad = await makeWorkbook(folder, { rows: 100, from: 5_000, isBad: (index) => index % 5 < 3 });
    const done = await api.ended<JobProgressBody>(await api.submitImport(mostlyBad));
    expect(done).toMatchObject({ status: "DONE", result: { total: 100, inserted: 40, rejected: 60 } });
    expect((done.result as { errors: unknown[] }).errors).toHaveLength(20);
  });

  it.each([
    ["no token", "", 401, "unauthenticated"],
    ["nonsense", "nonsense", 401, "unauthenticated"],
    [
      "an unsigned token",
      `${Buffer.from('{"alg":"none"}').toString("base64url")}.e30.`,
      401,
      "unauthenticated",
    ],
    ["an expired token", () => token({ tenant_id: 1, exp: 1 }), 401, "unauthenticated"],
    ["no tenant in the token", () => token({}), 400, "tenant_required"],
    ["a tenant that is no id", () => token({ tenant_id: "a:b" }), 400, "tenant_required"],
  ] as const)("answers %s with its code", async (_, given, status, code) => {
    const signed = new Api(program.url, typeof given === "string" ? given : given());
    for (const url of [
      "/media/videos/1/progress/",
      "/api/v1/progress/?videos=1",
      "/api/v1/jobs/",
      "/api/v1/students/",
    ]) {
      const answer = await signed.call(url);
      expect(`${answer.status} ${answer.body.code}`, url).toBe(`${status} ${code}`);
    }
  });

  it("answers ids that are none as it answers unknown ones, and a foreign tenant's header changes nothing", async () => {
    const unknown = await api.call<unknown>("/media/videos/424242/progress/");
    expect(unknown.status).toBe(404);
    for (const id of ["１２", "a:b", "..%2f..", "a%00b", "+7", "x".repeat(65), "{7}"]) {
      const answer = await api.call<unknown>(`/media/videos/${id}/progress/`, {
        headers: { "x-tenant-id": "2" },
      });
      expect(answer.status, id).toBe(404);
      expect(answer.body).toEqual(unknown.body);
    }
  });

  it.each<[string, object, string]>([
    ["an unknown job type", { json: { job_type: "laundry", payload: {} } }, "422 unknown_job_type"],
    ["a missing file", { json: { job_type: "excel_import", payload: {} } }, "422 file_required"],
    ["another shape", { json: [1, 2] }, "400 invalid_request"],
    [
      "a body of another type",
      { method: "POST", headers: { "content-type": "text/plain" } },
      "415 unsupported_media_type",
    ],
  ])("refuses a submit with %s", async (_, options, expected) => {
    const { status, body } = await api.call("/api/v1/jobs/", options);
    expect(`${status} ${body.code}`).toBe(expected);
  });

  it("refuses JSON that is broken, too large or too deep", async () => {
    const send = async (body: string): Promise<string> => {
      const response = await fetch(`${program.url}/api/v1/jobs/`, {
        method: "POST",
        headers: { authorization: `Bearer ${api.token}`, "content-type": "application/json" },
        body,
      });
      return `${response.status} ${((await response.json()) as ProblemBody).code}`;
    };
    expect(await send('{"job_type":')).toBe("400 invalid_json");
    expect(await send(JSON.stringify({ job_type: "excel_import", payload: "x".repeat(70_000) }))).toBe(
      "413 body_too_large",
    );
    expect(await send(`${'{"a":'.repeat(30)}1${"}".repeat(30)}`)).toBe("400 body_too_deep");
  });

  async function written(name: string, content: Buffer): Promise<string> {
    await writeFile(path(name), content);
    return path(name);
  }

  async function truncatedVideo(): Promise<string> {
    const whole = await readFile(await makeVideo(folder, { seconds: 4, size: "320x180" }));
    return written("truncated.mp4", whole.subarray(0, Math.floor(whole.length * 0.6)));
  }

  async function audioOnly(): Promise<string> {
    const args = [
      "-hide_banner",
      "-loglevel",
      "error",
      "-y",
      "-f",
      "lavfi",
      "-i",
      "sine=duration=2",
      "-c:a",
      "aac",
    ];
    await run("ffmpeg", [...args, path("audio.mp4")]);
    return path("audio.mp4");
  }
});

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

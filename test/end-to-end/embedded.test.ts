import { get } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobProgressBody, VideoProgressBody } from "@statusplane/core/wire";
import { eventually, startProgram, type RunningProgram } from "@statusplane/test-support";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Api } from "./support/api.ts";
import { DOCUMENT_LINES, makeDocument, makeVideo, makeWorkbook } from "./support/inputs.ts";

/** What a newcomer gets from `npm start`: nothing configured, nothing else running. */
describe("the program with nothing configured", () => {
  let folder: string;
  let program: RunningProgram;
  let api: Api;

  const start = async (): Promise<void> => {
    program = await startProgram({ env: { DATA_DIR: join(folder, "data") } });
    api = await Api.demo(program.url, "1");
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "statusplane-embedded-"));
    await start();
  });
  afterAll(async () => {
    await program.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("serves the page, marked as a demo with two tenants", async () => {
    const page = await api.call<string>("/", { headers: { accept: "text/html" } });
    expect(page.status).toBe(200);
    expect(page.body).toContain('<div id="root">');
    const demo = await api.call<{ tenants: unknown[] }>("/api/v1/demo/");
    expect(demo.body.tenants).toHaveLength(2);
  });

  it("tells collectors what it does in JSON, for no terminal is there", () => {
    const events = program
      .output()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly msg: string });
    expect(events.map(({ msg }) => msg)).toContainEqual(`Statusplane is at ${program.url}/`);
  });

  it("reads a document, and gives its pages to its own tenant alone", async () => {
    const name = "안내문 (1).pdf".normalize("NFD");
    const submitted = await api.submitDocument(await makeDocument(folder), name);
    const done = await eventually("the document is read", async () => {
      const { body } = await api.jobProgress(submitted.job_id ?? "");
      return body.status === "DONE" || body.status === "FAILED" ? body : null;
    });
    expect(done).toMatchObject({
      ...{ status: "DONE", title: "안내문 (1).pdf" },
      result: { outcome: "complete", text: DOCUMENT_LINES.join("\n"), language: "en" },
    });
    const page = `/api/v1/jobs/${done.job_id}/pages/1/`;
    expect((await api.call(page)).body).toMatchObject({ lines: DOCUMENT_LINES.map((text) => ({ text })) });
    const picture = await api.call<string>(`${page}picture/`);
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
    const other = await Api.demo(program.url, "2");
    for (const path of [page, `${page}picture/`, `/api/v1/jobs/${done.job_id}/files/text.txt`])
      expect([path, (await other.call(path)).status]).toEqual([path, 404]);
  });

  it("answers to names of this machine alone", async () => {
    const { port } = new URL(program.url);
    const asked = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const options = { port, path: "/api/v1/demo/", headers: { host } };
        const request = get(options, (answer) => resolve(answer.resume().statusCode));
        request.on("error", reject);
      });
    expect(await asked(`localhost:${port}`)).toBe(200);
    expect(await asked(`[::1]:${port}`)).toBe(200);
    for (const host of [`evil.example:${port}`, "localhost.evil.example"]) {
      expect([host, await asked(host)]).toEqual([host, 421]);
    }
    for (const signIn of ["JWT_SECRET", "JWKS_URL"]) {
      const env = { DEMO: "1", [signIn]: `https://${"x".repeat(32)}`, SIGNING_SECRET: "x".repeat(32) };
      const refused = await startProgram({ env }).then(
        () => "started",
        (error: Error) => error.message,
      );
      expect(refused).toMatch(/^the program ended with 2:\nDEMO: anybody may sign in[^\n]*$/);
    }
  });

  it("encodes a video that then plays, and shows its steps on the way", async () => {
    const submitted = await api.submitVideo(await makeVideo(folder, { seconds: 6, size: "640x360" }));
    expect(submitted).toMatchObject({ status: "PENDING", attempt: 1, version: 0 });
    const seen = new Set<string>();
    const percents: number[] = [];
    const ready = await eventually(
      "the video is READY",
      async () => {
        const { body } = await api.videoProgress(submitted.id ?? "");
        if (body.encoding_step_key !== null) seen.add(body.encoding_step_key);
        if (body.encoding_progress !== null) percents.push(body.encoding_progress);
        return body.status === "READY" ? body : null;
      },
      120_000,
    );
    expect(ready).toMatchObject({
      hls_path: `1/${submitted.id}/1/master.m3u8`,
      duration: 6,
      encoding_progress: null,
    });
    expect(seen).toContain("encode");
    expect(percents).toEqual([...percents].sort((a, b) => a - b));

    const playback = await api.call<{ hls_url: string; poster_url: string }>(
      `/media/videos/${submitted.id}/playback/`,
    );
    const base = playback.body.hls_url.replace(/[^/]+$/, "");
    const nobody = new Api(program.url, "");
    const master = await nobody.call<string>(playback.body.hls_url);
    expect(master.body).toMatch(/^#EXTM3U/);
    const variant = master.body.split("\n").find((line) => line.endsWith(".m3u8")) ?? "";
    const segments = (await nobody.call<string>(base + variant)).body
      .split("\n")
      .filter((line) => /^v\d/.test(line));
    expect(segments.length).toBeGreaterThan(0);
    expect((await nobody.call(base + (segments[0] ?? ""))).status).toBe(200);
    expect((await nobody.call(playback.body.poster_url)).headers.get("content-type")).toBe("image/jpeg");
  });

  it("imports a workbook, counts its rows, and lists the students", async () => {
    const first = await api.submitImport(
      await makeWorkbook(folder, { rows: 60, isBad: (index) => index % 20 === 0 }),
    );
    const done = await api.ended<JobProgressBody>(first);
    expect(done).toMatchObject({
      status: "DONE",
      result: { total: 60, inserted: 57, updated: 0, unchanged: 0, rejected: 3 },
    });
    const students = await api.call<{ items: { student_no: string }[] }>("/api/v1/students/?limit=100");
    expect(students.body.items).toHaveLength(57);
    const rejected = await api.call<string>((done.result as { rejected_url: string }).rejected_url);
    expect(rejected.status).toBe(200);

    const again = await api.ended<JobProgressBody>(
      await api.submitImport(await makeWorkbook(folder, { rows: 60 })),
    );
    expect(again.result).toMatchObject({ inserted: 3, updated: 0, unchanged: 57, rejected: 0 });
    const other = await Api.demo(program.url, "2");
    expect((await other.call<{ items: unknown[] }>("/api/v1/students/")).body.items).toEqual([]);
    expect((await other.jobProgress(first.job_id ?? "")).status).toBe(404);
  });

  it("finds finished work after a restart, and goes on with what a kill interrupted", async () => {
    const finished = await api.submitImport(await makeWorkbook(folder, { rows: 20, from: 900 }));
    await api.ended(finished);
    const running = await api.submitVideo(await makeVideo(folder, { seconds: 20, size: "1280x720" }));
    await eventually(
      "encoding has begun",
      async () => {
        const { body } = await api.videoProgress(running.id ?? "");
        return body.encoding_step_key === "encode";
      },
      60_000,
    );
    await program.kill();
    await start();

    const active = await api.call<{ videos: Record<string, unknown> }>("/api/v1/progress/?active=1");
    expect(Object.keys(active.body.videos)).toEqual([String(running.id)]);
    const ready = await api.ended<VideoProgressBody>(running);
    expect(ready).toMatchObject({ status: "READY", attempt: 2, duration: 20 });
    const history = await api.call<{ items: { job_id: string; status: string }[] }>("/api/v1/jobs/");
    expect(history.body.items).toContainEqual(
      expect.objectContaining({ job_id: finished.job_id, status: "DONE" }),
    );
    const found = await eventually("the finished snapshot is back", async () => {
      const answer = await api.jobProgress(finished.job_id ?? "");
      return answer.status === 200 ? answer.body : null;
    });
    expect(found.status).toBe("DONE");
  });

  it("ends cleanly at SIGTERM with work under way, and takes it up again", async () => {
    const running = await api.submitVideo(await makeVideo(folder, { seconds: 21, size: "1280x720" }));
    await eventually(
      "encoding has begun",
      async () => {
        const { body } = await api.videoProgress(running.id ?? "");
        return body.encoding_step_key === "encode" && (body.encoding_progress ?? 0) > 0;
      },
      60_000,
    );
    expect(await program.stop()).toBe(0);
    await start();
    const ready = await api.ended<VideoProgressBody>(running);
    expect(ready.status).toBe("READY");
    const detail = await api.call<{ tries: number; attempt: number }>(running.detail_url);
    expect(detail.body).toMatchObject({ tries: 1, attempt: ready.attempt });
  });
});

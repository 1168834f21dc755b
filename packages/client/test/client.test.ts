import { outputFilePath, playMembers } from "@statusplane/core/wire";
import { describe, expect, it } from "vitest";
import { ClientError } from "../src/client-error.ts";
import { bodies, listBody, outage, problem, type Answer, type SeenRequest } from "./fake-server.ts";
import { job, setUp, video } from "./setup.ts";

const post = (answer: Answer) => (request: SeenRequest) => (request.method === "POST" ? answer : undefined);
const file = () => new File(["bytes"], "소개 1.mp4", { type: "video/mp4" });

describe("submit", () => {
  const accepted = {
    id: 42,
    status: "PENDING",
    attempt: 1,
    version: 0,
    progress_url: "/media/videos/42/progress/",
    detail_url: "/media/videos/42/",
    watch_token: "wt",
  };

  it("posts a video with its title, and shows it PENDING before its first poll", async () => {
    const { client, server } = setUp();
    server.handler = post({ status: 202, body: accepted });
    expect(await client.submitVideo(file(), { title: "소개" })).toEqual({
      ref: video("42"),
      attempt: 1,
      version: 0,
      progressUrl: "/media/videos/42/progress/",
      detailUrl: "/media/videos/42/",
      watchToken: "wt",
    });
    const [request] = server.requests;
    const form = request?.body as FormData;
    expect(request).toMatchObject({
      method: "POST",
      path: "/media/videos/",
      headers: { authorization: "Bearer token-of-7" },
    });
    expect(form.get("title")).toBe("소개");
    expect((form.get("file") as File).name).toBe("소개 1.mp4");
    expect(client.get(video("42"))).toMatchObject({ status: "PENDING", attempt: 1 });
  });

  it("calls a video without a title by its file's name", async () => {
    const { client, server } = setUp();
    server.handler = post({ status: 202, body: accepted });
    await client.submitVideo(file());
    const form = server.requests[0]?.body as FormData;
    expect(form.get("title")).toBe("소개 1.mp4");
  });

  it("posts a job as JSON, with its file as a form", async () => {
    const { client, server } = setUp();
    server.handler = post({ status: 202, body: { job_id: "j1", status: "PENDING", attempt: 1, version: 0 } });
    expect((await client.submitJob("ocr", { payload: { pages: 2 } })).ref).toEqual(job("j1"));
    await client.submitJob("report", {
      file: new File(["x"], "rows.csv"),
      payload: { dry: true },
    });
    const [json, form] = server.requests;
    expect(json?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(json?.body as string)).toEqual({ job_type: "ocr", payload: { pages: 2 } });
    const fields = form?.body as FormData;
    expect([fields.get("job_type"), fields.get("payload")]).toEqual(["report", '{"dry":true}']);
  });

  it("sends title and metadata with a job of either kind, with and without a file", async () => {
    const { client, server } = setUp();
    server.handler = post({ status: 202, body: { ...accepted, job_id: "j1" } });
    const about = { title: "3월 명단", metadata: { class: "3-1" } };
    await client.submitVideo(file(), about);
    await client.submitJob("report", { ...about, file: new File(["x"], "rows.csv") });
    await client.submitJob("ocr", about);
    const [video, withFile, json] = server.requests.map(({ body }) => body);
    for (const form of [video, withFile] as FormData[]) {
      expect([form.get("title"), form.get("metadata")]).toEqual(["3월 명단", '{"class":"3-1"}']);
    }
    expect(JSON.parse(json as string)).toEqual({ job_type: "ocr", ...about });
  });

  it("sends a fresh Idempotency-Key each time, or the given one", async () => {
    const { client, server } = setUp();
    server.handler = post({ status: 202, body: accepted });
    await client.submitVideo(file());
    await client.submitVideo(file());
    await client.submitVideo(file(), { idempotencyKey: "mine" });
    const keys = server.requests.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe("mine");
  });

  it("rejects with the problem's code, sentence and wait", async () => {
    const { client, server } = setUp();
    server.handler = post(problem(507, "storage_full", { "Retry-After": "30" }));
    await expect(client.submitVideo(file())).rejects.toMatchObject({
      name: "ClientError",
      status: 507,
      code: "storage_full",
      detail: "detail of storage_full",
      retryAfterMs: 30_000,
    });
  });

  it("has no deadline of its own", async () => {
    const { client, server, environment } = setUp();
    server.handler = () => new Promise(() => {});
    const submit = client.submitVideo(file());
    await environment.advance(3_600_000);
    expect(server.requests[0]?.signal.aborted).toBe(false);
    client.close();
    await expect(submit).rejects.toMatchObject({ code: "client_closed" });
  });

  it("ends with the caller's reason when aborted", async () => {
    const { client, server, environment } = setUp();
    server.handler = () => new Promise(() => {});
    const abort = new AbortController();
    const submit = client.submitVideo(file(), { signal: abort.signal });
    await environment.advance(0);
    abort.abort(new Error("changed my mind"));
    await expect(submit).rejects.toThrow("changed my mind");
    expect(server.requests[0]?.signal.aborted).toBe(true);
  });

  it("refuses an answer that names no job", async () => {
    const { client, server } = setUp();
    server.handler = post({ status: 202, body: {} });
    await expect(client.submitVideo(file())).rejects.toMatchObject({ code: "unexpected_answer" });
  });
});

describe("remove", () => {
  it("has a finished job removed, and shows it as one that is not known", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.done(1));
    client.watch(job("a"));
    await environment.advance(5_000);
    expect(client.get(job("a"))?.status).toBe("DONE");
    server.handler = () => ({ status: 204 });
    await client.remove(job("a"));
    expect(server.requests.at(-1)).toMatchObject({ method: "DELETE", path: "/api/v1/jobs/a/" });
    expect(client.get(job("a"))).toMatchObject({ gone: true });
  });

  it("says why not, and shows what was shown", async () => {
    const { client, server } = setUp();
    server.handler = () => problem(409, "not_finished");
    await expect(client.remove(video("1"))).rejects.toMatchObject({ status: 409, code: "not_finished" });
    expect(server.requests).toMatchObject([{ method: "DELETE", path: "/media/videos/1/" }]);
  });
});

describe("cancel and retry", () => {
  it("asks for the end and polls at once", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    client.watch(job("a"));
    await environment.advance(100_000);
    server.handler = post({ status: 202, body: {} });
    server.snapshots.set("job:a", { attempt: 1, version: 2_147_483_647, status: "CANCELLED" });
    const before = server.polls.length;
    await client.cancel(job("a"));
    await environment.advance(0);
    expect(server.requests.at(-2)).toMatchObject({ method: "POST", path: "/api/v1/jobs/a/cancel/" });
    expect(server.polls).toHaveLength(before + 1);
    expect(client.get(job("a"))?.status).toBe("CANCELLED");
  });

  it("says why not", async () => {
    const { client, server } = setUp();
    server.handler = post(problem(409, "already_finished"));
    await expect(client.cancel(video("1"))).rejects.toMatchObject({ status: 409, code: "already_finished" });
    expect(server.requests).toHaveLength(1);
  });

  it("opens a failed job again, also while the store still says its old end", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("video:1", bodies.failed(1));
    client.watch(video("1"));
    await environment.advance(5_000);
    server.handler = post({ status: 202 });
    await client.retry(video("1"));
    await environment.advance(3_000);
    expect(client.get(video("1"))).toMatchObject({ status: "FAILED", attempt: 1 });
    server.snapshots.set("video:1", bodies.running(2, 10, 2));
    await environment.advance(3_000);
    expect(client.get(video("1"))).toMatchObject({
      status: "PROCESSING",
      attempt: 2,
      percent: 10,
      errorMessage: null,
    });
    server.snapshots.set("video:1", bodies.ready(2));
    await environment.advance(3_000);
    expect(client.get(video("1"))?.status).toBe("READY");
    expect(environment.openTimers).toBe(0);
  });

  it("shows at once what the retry's answer says", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("video:1", bodies.failed(1));
    client.watch(video("1"));
    await environment.advance(5_000);
    server.handler = post({ status: 202, body: { id: 1, status: "PENDING", attempt: 2, version: 0 } });
    await client.retry(video("1"));
    expect(client.get(video("1"))).toMatchObject({ status: "PENDING", attempt: 2 });
    await environment.advance(5_000);
    expect(client.get(video("1"))).toMatchObject({ status: "PENDING", attempt: 2 });
  });
});

describe("the active list", () => {
  it("fills the store by one request, and what is then watched is polled", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("video:1", bodies.running(4, 40));
    server.snapshots.set("job:a", bodies.pending());
    server.handler = ({ path }) =>
      path.endsWith("?active=1")
        ? {
            body: listBody({
              videos: { 1: bodies.running(3, 30) },
              jobs: { a: bodies.pending() },
              live: { videos: ["1"], jobs: ["a"] },
              more: 7,
              waiting: { ocr: "x" },
            }),
          }
        : undefined;
    const answer = await client.loadActive();
    expect(answer).toEqual({ refs: [video("1"), job("a")], more: 7, waiting: { ocr: "x" } });
    expect(client.get(video("1"))).toMatchObject({ percent: 30, status: "PROCESSING" });
    expect(client.waiting()).toEqual({ ocr: "x" });
    await environment.advance(0); // which type a video has is asked beside
    expect(environment.openTimers).toBe(0);
    for (const ref of answer.refs) client.watch(ref);
    await environment.advance(0);
    expect(client.get(video("1"))?.percent).toBe(40);
  });

  it("does not take a step back from what is shown", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("video:1", bodies.running(4, 40));
    client.watch(video("1"));
    await environment.advance(0);
    server.snapshots.set("video:1", bodies.running(3, 30));
    await client.loadActive();
    expect(client.get(video("1"))?.percent).toBe(40);
  });

  it("forgets that a job type waits once a job of it runs", async () => {
    const { client, server, environment } = setUp();
    const waiting = { clip: "tool_missing", ocr: "x", report: "y", bad: 1 };
    const types = [
      { job_type: "report", kind: "job", max_tries: 3, errors: [] },
      { job_type: "clip", kind: "video", max_tries: 3, errors: [] },
    ];
    server.handler = ({ path }) => {
      if (path.endsWith("/job-types/")) return { body: { job_types: types } };
      return path.endsWith("?active=1") ? { body: listBody({ waiting }) } : undefined;
    };
    await client.loadActive();
    expect(client.waiting()).toEqual({ clip: "tool_missing", ocr: "x", report: "y" });
    server.snapshots.set("video:1", bodies.running(1, 1));
    server.snapshots.set("job:a", { ...bodies.running(1, 1), job_type: "report" });
    client.watch(video("1"));
    client.watch(job("a"));
    await environment.advance(0);
    expect(client.waiting()).toEqual({ ocr: "x" });
  });

  it.each([
    ["an outage", outage, "store_unavailable"],
    ["a page of another program", () => ({ body: "<html>" }), "unexpected_answer"],
    ["another object", () => ({ body: {} }), "unexpected_answer"],
  ])("rejects on %s", async (_, handler, code) => {
    const { client, server } = setUp();
    server.handler = handler;
    await expect(client.loadActive()).rejects.toMatchObject({ code });
  });
});

describe("detail after completion", () => {
  it("is asked once per job and attempt however many ask, after a random 0–2 s", async () => {
    const { client, server, environment } = setUp();
    environment.dice = 0.5;
    server.snapshots.set("video:1", bodies.ready(1));
    server.records.set("video:1", { id: 1, title: "소개" });
    client.watch(video("1"));
    await environment.advance(100);
    const asked = [client.detailOnce(video("1")), client.detailOnce(video("1"))];
    await environment.advance(999);
    expect(server.details).toEqual([]);
    await environment.advance(1);
    expect(await Promise.all([...asked, client.detailOnce(video("1"))])).toEqual(
      Array(3).fill({ id: 1, title: "소개" }),
    );
    expect(server.details).toHaveLength(1);
  });

  it("is another request for another attempt", async () => {
    const { client, server, environment } = setUp();
    for (const attempt of [1, 2]) {
      server.snapshots.set("video:1", bodies.failed(attempt));
      client.watch(video("1"));
      await environment.advance(0);
      void client.detailOnce(video("1"));
      await environment.advance(0);
    }
    expect(server.details).toHaveLength(2);
  });

  it("is null when it had no answer, and not asked again", async () => {
    const { client, server, environment } = setUp();
    server.handler = () => problem(429, "detail_budget_spent");
    const first = client.detailOnce(job("a"));
    await environment.advance(2_000);
    expect([await first, await client.detailOnce(job("a"))]).toEqual([null, null]);
    expect(server.details).toHaveLength(1);
  });

  it("is refused when the client closes before it", async () => {
    const { client, server } = setUp();
    const asked = client.detailOnce(job("a"));
    client.close();
    await expect(asked).rejects.toMatchObject({ code: "client_closed" });
    expect(server.requests).toEqual([]);
  });
});

describe("what a person asks for", () => {
  it("reads a page of history", async () => {
    const { client, server } = setUp();
    const item = { job_id: "a", job_type: "ocr", status: "FAILED", error_code: "page_blank" };
    server.handler = () => ({ body: { items: [item, { junk: 1 }], next_cursor: "c2" } });
    const page = await client.history("job", { cursor: "c/1", status: "FAILED", jobType: "ocr" });
    expect(page).toMatchObject({ items: [{ ref: job("a"), errorCode: "page_blank" }], nextCursor: "c2" });
    expect(page.items).toHaveLength(1);
    await client.history("video", { createdBy: "alice" });
    expect(server.requests.map(({ path }) => path)).toEqual([
      "/api/v1/jobs/?cursor=c%2F1&status=FAILED&job_type=ocr",
      "/media/videos/?created_by=alice",
    ]);
  });

  it("reads where a video plays", async () => {
    const { client, server } = setUp();
    const [url, expiresAt] = [outputFilePath("s", "main"), "2026-01-01T06:00:00.000Z"];
    server.handler = () => ({ body: { ...playMembers({ url, posterUrl: null }), expires_at: expiresAt } });
    expect(await client.playback("42")).toEqual({ url, posterUrl: null, expiresAt, viewGrant: null });
    expect(server.requests[0]?.path).toBe("/media/videos/42/playback/");
    server.handler = () => problem(409, "not_playable");
    await expect(client.playback("42")).rejects.toMatchObject({ code: "not_playable" });
  });

  it.each(["history", "playback"] as const)("refuses another answer to %s", async (method) => {
    const { client, server } = setUp();
    server.handler = () => ({ body: {} });
    await expect(method === "history" ? client.history("job") : client.playback("1")).rejects.toMatchObject({
      code: "unexpected_answer",
    });
  });

  it("asks the job types once, and again where it was not answered", async () => {
    const { client, server } = setUp();
    server.handler = () => problem(503, "store_unavailable");
    await expect(client.jobTypes()).rejects.toMatchObject({ code: "store_unavailable" });
    const error = { code: "page_blank", retryable: false, ko: "빈 페이지", en: "blank" };
    const label = { ko: "문자 인식", en: "Text recognition" };
    const steps = [{ key: "read", label }, { key: "sort", label: { ko: "정렬" } }, "junk"];
    const errors = [error, { retryable: true }];
    const ocr = { job_type: "ocr", kind: "job", max_tries: 3, label, steps, errors };
    server.handler = () => ({ body: { job_types: [ocr, { job_type: 7 }] } });
    const told = await Promise.all([client.jobTypes(), client.jobTypes()]);
    expect(told[0]).toEqual([
      {
        ...{ jobType: "ocr", kind: "job", maxTries: 3, label, errors: [error] },
        steps: [
          { key: "read", label },
          { key: "sort", label: { ko: "정렬", en: "sort" } },
        ],
      },
    ]);
    expect(told[1]).toBe(told[0]);
    expect(server.requests.map(({ path }) => path)).toEqual(["/api/v1/job-types/", "/api/v1/job-types/"]);
  });

  it("reads a record, and keeps an id inside its path", async () => {
    const { client, server } = setUp();
    server.records.set("job:a", { job_id: "a", status: "DONE", attempts: [{ attempt: 1 }] });
    expect(await client.detail(job("a"))).toMatchObject({
      ref: job("a"),
      status: "DONE",
      attempts: [{ attempt: 1 }],
    });
    await expect(client.detail(job("../x"))).rejects.toBeInstanceOf(ClientError);
    expect(server.requests[1]?.path).toBe("/api/v1/jobs/..%2Fx/");
  });

  it("sends any signed request of the product, with its own headers", async () => {
    const { client, server } = setUp({ baseUrl: "https://status.example" });
    server.handler = () => ({ body: "bytes" });
    const response = await client.request("/api/v1/own/sample.csv", {
      headers: { Accept: "application/zip" },
    });
    expect(await response.text()).toBe("bytes");
    expect(server.requests[0]).toMatchObject({
      path: "https://status.example/api/v1/own/sample.csv",
      headers: { authorization: "Bearer token-of-7", accept: "application/zip" },
    });
  });

  it.each(["//evil.example/", "/\\evil.example/", "https://evil.example/", "own/"])(
    "never sends its token to %s",
    async (path) => {
      const { client, server } = setUp();
      await expect(client.request(path)).rejects.toThrow(TypeError);
      expect(server.requests).toEqual([]);
    },
  );

  it("sends no header of nobody", async () => {
    const { client, server } = setUp({ getToken: () => null });
    await client.detail(job("a")).catch(() => undefined); // however it is answered: what was sent is looked at
    expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it("gives up after 10 s, or its own deadline", async () => {
    const { client, server, environment } = setUp();
    server.handler = () => new Promise(() => {});
    const slow = client.detail(job("a"));
    const short = client.request("/healthz", { deadlineMs: 500 });
    const refused = Promise.allSettled([slow, short]);
    await environment.advance(500);
    expect(server.requests.map(({ signal }) => signal.aborted)).toEqual([false, true]);
    await environment.advance(9_500);
    const reasons = (await refused).map((result) =>
      result.status === "rejected" ? result.reason.code : "answered",
    );
    expect(reasons).toEqual(["deadline_exceeded", "deadline_exceeded"]);
  });

  it("tells the language's sentence where the server tells none", async () => {
    const { client, server } = setUp({ language: () => "en" });
    server.handler = () => ({ status: 502, body: "<html>Bad gateway</html>" });
    await expect(client.detail(job("a"))).rejects.toMatchObject({
      status: 502,
      code: "unexpected_answer",
      detail: "The server sent an unexpected response.",
    });
  });

  it("understands Retry-After as a date, by the server's clock, and believes at most 5 minutes", async () => {
    const { client, server } = setUp();
    const headers = { Date: "Thu, 01 Jan 2026 00:00:00 GMT", "Retry-After": "Thu, 01 Jan 2026 00:00:07 GMT" };
    server.handler = () => problem(503, "shutting_down", headers);
    await expect(client.detail(job("a"))).rejects.toMatchObject({ retryAfterMs: 7_000 });
    server.handler = () => problem(503, "shutting_down", { "Retry-After": "86400" });
    await expect(client.detail(job("a"))).rejects.toMatchObject({ retryAfterMs: 300_000 });
    server.handler = () => problem(503, "shutting_down", { "Retry-After": "soon" });
    await expect(client.detail(job("a"))).rejects.toMatchObject({ retryAfterMs: undefined });
  });
});

it("keeps at most 500 jobs that nobody watches", async () => {
  const { client, server, environment } = setUp();
  server.snapshots.set("job:kept", bodies.running(1, 5));
  client.watch(job("kept"));
  await environment.advance(0);
  for (let i = 0; i < 600; i++) client.watch(job(`j${i}`))();
  expect(client.getSnapshot().size).toBe(501);
  expect(client.get(job("kept"))?.percent).toBe(5);
  expect(client.get(job("j0"))).toBeUndefined();
  expect(client.get(job("j599"))).toBeDefined();
});

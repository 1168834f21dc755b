import { encodeSnapshot, jobRef, type JobRef, type Snapshot } from "@statusplane/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestServer, signedIn, type TestServer } from "./fakes/index.ts";

const AT = "2026-03-01T00:00:00.000Z";
const running = (ref: JobRef, version = 3): Snapshot => ({
  ref,
  jobType: ref.kind === "video" ? "render" : "tally",
  title: "5월",
  attempt: 2,
  updatedAt: AT,
  status: "PROCESSING",
  version,
  progress: {
    percent: 40,
    remainingSeconds: 7,
    step: { index: 1, total: 3, key: "render", name: "그리기", percent: 60 },
  },
});

let test: TestServer;
let one: { authorization: string };
let two: { authorization: string };
beforeEach(async () => {
  test = await openTestServer();
  one = await signedIn(1);
  two = await signedIn("two");
});
afterEach(() => test.close());

const get = (url: string, headers: Record<string, string> = one) => test.server.inject({ url, headers });

describe("the progress endpoints", () => {
  it("answer the stored text, byte for byte, with its ETag, private and by token", async () => {
    const snapshot = running(jobRef("1", "video", "42"));
    test.store.put(snapshot);
    const answer = await get("/media/videos/42/progress/");
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe(encodeSnapshot(snapshot).text);
    expect(answer.json()).toMatchObject({ id: 42, encoding_progress: 40, encoding_step_name: "그리기" });
    expect(answer.headers).toMatchObject({
      etag: '"2.3"',
      "cache-control": "private, no-cache",
      vary: "Authorization",
      "content-type": "application/json; charset=utf-8",
      "content-length": String(Buffer.byteLength(answer.body)),
    });
  });

  it("answer with and without a trailing slash, to GET and HEAD", async () => {
    test.store.put(running(jobRef("1", "job", "a")));
    expect((await get("/api/v1/jobs/a/progress")).json()).toMatchObject({
      job_id: "a",
      progress: { percent: 40 },
    });
    const head = await test.server.inject({ method: "HEAD", url: "/api/v1/jobs/a/progress/", headers: one });
    expect([head.statusCode, head.body, head.headers.etag]).toEqual([200, "", '"2.3"']);
  });

  it.each(['"2.3"', 'W/"2.3"', '"1.1", W/"2.3"', "*"])("answer 304 to If-None-Match: %s", async (etag) => {
    test.store.put(running(jobRef("1", "job", "a")));
    const answer = await get("/api/v1/jobs/a/progress/", { ...one, "if-none-match": etag });
    expect([answer.statusCode, answer.body]).toEqual([304, ""]);
    expect(answer.headers).toMatchObject({ etag: '"2.3"', vary: "Authorization" });
  });

  it("answer 200 to an ETag that is no longer true", async () => {
    test.store.put(running(jobRef("1", "job", "a"), 4));
    expect((await get("/api/v1/jobs/a/progress/", { ...one, "if-none-match": '"2.3"' })).statusCode).toBe(
      200,
    );
  });

  it("answer unknown, foreign and malformed ids with the same bytes", async () => {
    test.store.put(running(jobRef("two", "video", "42")));
    const ids = ["42", "43", "a%20b", "..%2f42", "x".repeat(65), "x".repeat(300), "１２", "a.b", "a:b"];
    const answers = await Promise.all(ids.map((id) => get(`/media/videos/${id}/progress/`)));
    expect(new Set(answers.map((each) => each.body)).size).toBe(1);
    expect(new Set(answers.map((each) => JSON.stringify({ ...each.headers, date: "" }))).size).toBe(1);
    expect(answers[0]?.statusCode).toBe(404);
    expect(answers[0]?.json()).toMatchObject({ detail: "진행 중인 작업이 아닙니다.", code: "not_found" });
  });

  it("give each tenant its own of two equal ids", async () => {
    test.store.put(running(jobRef("1", "video", "7"), 5));
    test.store.put(running(jobRef("two", "video", "7"), 9));
    expect((await get("/media/videos/7/progress/", one)).json()).toMatchObject({ version: 5 });
    expect((await get("/media/videos/7/progress/", await signedIn("1"))).json()).toMatchObject({
      version: 5,
    });
    expect((await get("/media/videos/7/progress/", await signedIn("01"))).statusCode).toBe(404);
    expect((await get("/media/videos/7/progress/", two)).json()).toMatchObject({ version: 9 });
    const both = await Promise.all([one, two].map((each) => get("/api/v1/progress/?videos=7", each)));
    expect(both.map((each) => each.json().videos["7"].version)).toEqual([5, 9]);
  });

  it("answer 503 with Retry-After while the store is away, and never ask the database", async () => {
    test.store.down = true;
    for (const url of [
      "/media/videos/1/progress/",
      "/api/v1/jobs/1/progress/",
      "/api/v1/progress/?jobs=1",
      "/api/v1/progress/?active=1",
    ]) {
      const answer = await get(url);
      expect(answer.statusCode).toBe(503);
      expect(answer.json()).toMatchObject({ code: "store_unavailable" });
      expect(Number(answer.headers["retry-after"])).toBeGreaterThanOrEqual(1);
      expect(answer.body).not.toContain("ECONNREFUSED");
    }
    expect(test.records.statements).toEqual([]);
  });

  it("cost no statement, found or not", async () => {
    test.store.put(running(jobRef("1", "video", "1")));
    await get("/media/videos/1/progress/");
    await get("/media/videos/2/progress/");
    await get("/api/v1/progress/?videos=1,2&jobs=1");
    await get("/api/v1/progress/?videos=1,2&active=1");
    expect(test.records.statements).toEqual([]);
  });

  it("ask for slower polls when the server wants them", async () => {
    const slow = await openTestServer({ pollAfterMs: () => 4_000 });
    slow.store.put(running(jobRef("1", "job", "a")));
    const answer = await slow.server.inject({ url: "/api/v1/jobs/a/progress/", headers: one });
    expect(answer.headers["poll-after-ms"]).toBe("4000");
    await slow.close();
  });
});

describe("the batch", () => {
  it("puts found and missing together, each once, from the stored texts", async () => {
    test.store.put(running(jobRef("1", "video", "1")));
    test.store.put(running(jobRef("1", "job", "a")));
    const answer = await get("/api/v1/progress/?videos=1,2,1&jobs=a,b%20c&jobs=a");
    expect(answer.statusCode).toBe(200);
    const body = answer.json();
    expect(Object.keys(body.videos)).toEqual(["1"]);
    expect(body.videos["1"]).toEqual(JSON.parse(encodeSnapshot(running(jobRef("1", "video", "1"))).text));
    expect(body.jobs["a"]).toMatchObject({ job_id: "a", version: 3 });
    expect(body.missing).toEqual({ videos: ["2"], jobs: ["b c"] });
    expect(test.store.reads).toBe(1);
  });

  it("has an ETag that changes with any of its jobs, and only then", async () => {
    const url = "/api/v1/progress/?videos=1&jobs=a";
    test.store.put(running(jobRef("1", "video", "1")));
    const first = await get(url);
    const etag = String(first.headers.etag);
    expect((await get(url, { ...one, "if-none-match": etag })).statusCode).toBe(304);
    test.store.put(running(jobRef("1", "job", "a")));
    const second = await get(url, { ...one, "if-none-match": etag });
    expect(second.statusCode).toBe(200);
    test.store.put(running(jobRef("1", "job", "a"), 4));
    expect((await get(url, { ...one, "if-none-match": String(second.headers.etag) })).statusCode).toBe(200);
  });

  it("takes 100 references and refuses 101", async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => index).join(",");
    expect((await get(`/api/v1/progress/?videos=${ids(100)}`)).statusCode).toBe(200);
    const answer = await get(`/api/v1/progress/?videos=${ids(60)}&jobs=${ids(41)}`);
    expect([answer.statusCode, answer.json().code]).toEqual([400, "too_many_refs"]);
  });

  it("refuses to answer nothing", async () => {
    expect((await get("/api/v1/progress/")).json()).toMatchObject({ status: 400, code: "invalid_request" });
  });

  it("lists what is live, how many else, and which job types wait for a worker", async () => {
    for (let id = 0; id < 102; id++) test.store.put(running(jobRef("1", "video", String(id + 1))));
    test.store.put(running(jobRef("two", "job", "foreign")));
    await test.store.putUnready("render", "pen_missing");
    const body = (await get("/api/v1/progress/?active=1")).json();
    expect(Object.keys(body.videos)).toHaveLength(100);
    expect(body).toMatchObject({ jobs: {}, more: 2, waiting: { render: "pen_missing" } });
    expect(body.live.videos).toEqual(Array.from({ length: 100 }, (_, index) => String(102 - index)));
  });

  it("names what ended lately, and tells it in one answer with what was asked for by id", async () => {
    const [mine, live, over] = [
      jobRef("1", "job", "mine"),
      jobRef("1", "video", "7"),
      jobRef("1", "video", "8"),
    ];
    const now = Date.now();
    const ended = { jobType: "render", title: null, attempt: 1, status: "CANCELLED", result: null } as const;
    for (const ref of [mine, live]) await test.store.write("announce", encodeSnapshot(running(ref)));
    const updatedAt = new Date(now).toISOString();
    await test.store.write("finish", encodeSnapshot({ ref: over, ...ended, updatedAt }));
    const body = (await get("/api/v1/progress/?videos=7,9&jobs=mine&active=1")).json();
    expect(body).toEqual({
      videos: { 7: JSON.parse(encodeSnapshot(running(live)).text) },
      jobs: { mine: JSON.parse(encodeSnapshot(running(mine)).text) },
      missing: { videos: ["9"], jobs: [] },
      live: { videos: ["7"], jobs: ["mine"] },
      ended: { videos: { 8: now }, jobs: {} },
      more: 0,
      waiting: {},
    });
    expect((await get("/api/v1/progress/?videos=7&jobs=mine")).json()).not.toHaveProperty("ended");
    expect((await get("/api/v1/progress/?videos=7&active=yes")).statusCode).toBe(400);
  });

  it("has an ETag that changes with the lists, too", async () => {
    const url = "/api/v1/progress/?jobs=a&active=1";
    const ref = jobRef("1", "job", "b");
    const ask = async (etag: string) => {
      const { statusCode, headers } = await get(url, { ...one, "if-none-match": etag });
      return [statusCode, String(headers.etag)] as const;
    };
    const [, empty] = await ask("none");
    expect(await ask(empty)).toEqual([304, empty]);
    await test.store.write("announce", encodeSnapshot(running(ref)));
    const [found, begun] = await ask(empty);
    const ended = { jobType: "tally", title: null, attempt: 2, status: "CANCELLED", result: null } as const;
    await test.store.write("finish", encodeSnapshot({ ref, ...ended, updatedAt: new Date().toISOString() }));
    const [changed, over] = await ask(begun);
    expect([found, changed]).toEqual([200, 200]);
    expect(await ask(over)).toEqual([304, over]);
  });
});

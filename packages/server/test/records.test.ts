import { jobRef, snapshotOfRecord, type JobRecord } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DetailReads } from "../src/detail/index.ts";
import { KeyedBuckets } from "../src/http/index.ts";
import { openTestServer, recordOf, signedIn, type TestServer } from "./fakes/index.ts";

const AT = "2026-03-01T00:00:00.000Z";
const video = jobRef("1", "video", "42");
const job = jobRef("1", "job", "a");
const READY: Partial<JobRecord> = {
  status: "READY",
  attempt: 2,
  tries: 1,
  title: "1부",
  createdBy: "alice",
  startedAt: AT,
  finishedAt: AT,
  result: {
    kind: "inline",
    value: { hls_path: "1/42/2/main.list", duration: 8, renditions: [{ name: "360p" }], size_bytes: 99 },
  },
};

let test: TestServer;
let one: { authorization: string };
let two: { authorization: string };
beforeEach(async () => {
  test = await openTestServer();
  one = await signedIn(1);
  two = await signedIn(2);
});
afterEach(() => test.close());

const get = (url: string, headers = one) => test.server.inject({ url, headers });
const post = (url: string, headers = one) => test.server.inject({ method: "POST", url, headers });

const none = async function* (): AsyncGenerator<Uint8Array> {
  yield Buffer.from("video");
};

describe("detail", () => {
  it("of a video is the record, with signed addresses once it plays", async () => {
    test.records.put(recordOf(video, READY));
    const { hls_url: hls, poster_url: poster, ...body } = (await get("/media/videos/42/")).json();
    expect(body).toEqual({
      id: 42,
      title: "1부",
      metadata: null,
      status: "READY",
      hls_path: "1/42/2/main.list",
      duration: 8,
      renditions: [{ name: "360p" }],
      size_bytes: 99,
      error_reason: null,
      error_code: null,
      attempt: 2,
      tries: 1,
      max_tries: 3,
      created_by: "alice",
      created_at: AT,
      started_at: AT,
      finished_at: AT,
      updated_at: AT,
      attempts: [],
    });
    expect(hls).toMatch(/^\/media\/hls\/[\w-]+\.[\w-]+\/main\.list$/);
    expect(poster).toMatch(/cover\.png$/);
  });

  it("of a job is the record, with its tenant, payload and result", async () => {
    test.records.put(
      recordOf(job, {
        status: "DONE",
        title: "3월 명단",
        metadata: { class: "3-1" },
        payload: { a: 1 },
        result: { kind: "inline", value: { total: 3 } },
      }),
    );
    expect((await get("/api/v1/jobs/a/")).json()).toEqual({
      job_id: "a",
      job_type: "tally",
      title: "3월 명단",
      metadata: { class: "3-1" },
      status: "DONE",
      payload: { a: 1 },
      result: { total: 3 },
      error_message: null,
      error_code: null,
      tenant_id: "1",
      attempt: 1,
      tries: 0,
      max_tries: 3,
      created_by: null,
      created_at: AT,
      started_at: null,
      finished_at: AT,
      updated_at: AT,
      attempts: [],
    });
  });

  it("shows the attempts, those that ended and the one that runs, without what only operators see", async () => {
    const ended = {
      startedAt: AT,
      endedAt: AT,
      code: "render_failed",
      steps: [{ key: "read", seconds: 1.5 }],
    };
    test.records.put(recordOf(video, { status: "PROCESSING", attempt: 2, startedAt: AT }));
    test.records.putAttempts(video, [{ attempt: 1, ...ended }]);
    const times = { started_at: AT, ended_at: AT };
    expect((await get("/media/videos/42/")).json().attempts).toEqual([
      { attempt: 1, ...times, error_code: "render_failed", steps: [{ key: "read", seconds: 1.5 }] },
      { attempt: 2, started_at: AT, ended_at: null, error_code: null, steps: null },
    ]);
    test.records.put(recordOf(job, { status: "DONE", attempt: 1 }));
    test.records.putAttempts(job, [{ attempt: 1, ...ended, code: null, steps: null }]);
    expect((await get("/api/v1/jobs/a/")).json().attempts).toEqual([
      { attempt: 1, ...times, error_code: null, steps: null },
    ]);
  });

  it("tells why a job failed, and where a large result is", async () => {
    test.records.put(
      recordOf(video, { status: "FAILED", errorCode: "worker_lost", errorDetail: "/var/lib/secret" }),
    );
    const failed = await get("/media/videos/42/");
    expect(failed.json()).toMatchObject({
      error_code: "worker_lost",
      error_reason: "작업 서버와의 연결이 끊어졌습니다.",
      hls_url: null,
    });
    expect(failed.body).not.toContain("secret");
    test.records.put(recordOf(job, { status: "DONE", result: { kind: "row", bytes: 9_000 } }));
    expect((await get("/api/v1/jobs/a/")).json()).toMatchObject({
      result: null,
      result_bytes: 9_000,
      result_url: "/api/v1/jobs/a/result/",
    });
  });

  it.each([
    [{}, "announce PENDING 1 accepted"],
    [{ status: "PROCESSING" }, "announce PROCESSING 1 accepted"],
    [READY, "finish READY 2 accepted"],
  ] satisfies [Partial<JobRecord>, string][])(
    "writes what fits the row to the status store: %#",
    async (changes, write) => {
      test.records.put(recordOf(video, changes));
      await get("/media/videos/42/");
      expect(test.store.writes).toEqual([write]);
    },
  );

  it("answers though the status store is away", async () => {
    test.records.put(recordOf(job));
    test.store.down = true;
    expect((await get("/api/v1/jobs/a/")).statusCode).toBe(200);
  });

  it("answers unknown, foreign and malformed with the same bytes", async () => {
    test.records.put(recordOf(video));
    const answers = [
      await get("/media/videos/43/"),
      await get("/media/videos/42/", two),
      await get("/media/videos/4%202/"),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404]);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(answers[0]?.json().code).toBe("record_not_found");
  });

  it("answers 503 while the database is away", async () => {
    test.records.down = "before";
    expect((await get("/api/v1/jobs/a/")).json()).toMatchObject({
      status: 503,
      code: "database_unavailable",
    });
  });
});

describe("reads of rows", () => {
  let nowMs = 0;
  const job1 = (id: string, tenant = "1") => jobRef(tenant, "job", id);
  const reads = ({ statements = 50, rows = 50 } = {}) => {
    const now = (): number => nowMs;
    const shares = new KeyedBuckets({ perSecond: rows, burst: rows, now });
    return new DetailReads({
      records: test.records,
      writer: test.store,
      log: test.server.log,
      shareOf: (tenant) => shares.of(tenant),
      statementsPerSecond: statements,
      now,
    });
  };
  /** Holds every statement back until it is called. */
  function hold(): () => void {
    let open: () => void = () => undefined;
    test.records.gate = new Promise((resolve) => (open = resolve));
    return open;
  }

  it("asked at once are one statement; one that fails is told to all of them and not remembered", async () => {
    const details = reads();
    test.records.put(recordOf(job));
    expect(new Set(await Promise.all([1, 2, 3].map(() => details.find(job)))).size).toBe(1);
    expect(test.records.statements).toEqual(["findMany"]);
    test.records.down = "before";
    const failed = await Promise.allSettled([details.find(video), details.find(video)]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    test.records.down = false;
    expect(await details.find(video)).toBeNull();
  });

  it("that come while a statement is under way share the next one, at most 100 in each, tenants in turn", async () => {
    const details = reads({ rows: 1_000 });
    const open = hold();
    const asked = [details.find(job1("first"))];
    for (let id = 0; id < 150; id++) asked.push(details.find(job1(String(id))));
    for (const tenant of ["2", "3"]) asked.push(details.find(job1("a", tenant)));
    test.records.put(recordOf(job1("a", "3")));
    open();
    const found = await Promise.all(asked);
    expect(found.filter((record) => record !== null).map(({ ref }) => ref)).toEqual([job1("a", "3")]);
    expect(test.records.lookedUp.map((keys) => keys.length)).toEqual([1, 100, 52]);
    expect(test.records.lookedUp[1]?.slice(0, 3)).toEqual(["1.job.0", "2.job.a", "3.job.a"]);
  });

  it("that have filled a statement wait for none, at most four under way; one that is not full waits for the last", async () => {
    const details = reads({ rows: 1_000 });
    const open = hold();
    const asked = [details.find(job1("first"))];
    for (let id = 0; id < 450; id++) asked.push(details.find(job1(String(id))));
    const sizes = (): number[] => test.records.lookedUp.map((keys) => keys.length);
    await eventually("all that may be sent is", () => sizes().length === 4);
    expect(sizes()).toEqual([1, 100, 100, 100]);
    open();
    await Promise.all(asked);
    expect(sizes()).toEqual([1, 100, 100, 100, 100, 50]);
  });

  it("of a herd wait for more of them where they do not fill a statement, eight times a second; few never do", async () => {
    const details = reads({ rows: 1_000 });
    for (let id = 0; id < 40; id++) await details.find(job1(`alone-${id}`));
    expect(test.records.lookedUp).toHaveLength(40);
    await details.find(job1("first-of-a-herd"));
    const herd = ["a", "b", "c"].map((id) => details.find(job1(id)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(test.records.lookedUp).toHaveLength(41);
    nowMs += 125;
    await Promise.all(herd);
    expect(test.records.lookedUp.slice(41)).toEqual([["1.job.a", "1.job.b", "1.job.c"]]);
    nowMs += 1_000;
    for (let id = 0; id < 40; id++) await details.find(job1(`again-${id}`));
    expect(test.records.lookedUp).toHaveLength(82);
  });

  it("that fail together are told to each of them, and the next statement is sent all the same", async () => {
    const details = reads();
    const open = hold();
    const first = details.find(job1("first"));
    const second = Promise.allSettled([details.find(job1("x")), details.find(job1("y", "2"))]);
    test.records.down = "before";
    open();
    expect(await first).toBeNull();
    expect((await second).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    test.records.down = false;
    expect(await details.find(job1("x"))).toBeNull();
  });

  it("reuse a finished answer for 5 s, an unknown one for 10 s, a live one not at all", async () => {
    const details = reads();
    const asked = async (ref: typeof job): Promise<number> => {
      test.records.statements.length = 0;
      await details.find(ref);
      return test.records.statements.length;
    };
    test.records.put(recordOf(video, READY));
    expect([await asked(video), await asked(video), await asked(job), await asked(job)]).toEqual([
      1, 0, 1, 0,
    ]);
    nowMs += 5_001;
    expect([await asked(video), await asked(job)]).toEqual([1, 0]);
    nowMs += 5_000;
    expect(await asked(job)).toBe(1);
    const live = jobRef("1", "job", "live");
    test.records.put(recordOf(live));
    expect([await asked(live), await asked(live)]).toEqual([1, 1]);
  });

  it("begun before a change are not remembered after it", async () => {
    const details = reads();
    test.records.put(recordOf(video, { status: "FAILED" }));
    const open = hold();
    const before = details.find(video);
    details.forget(video);
    open();
    await before;
    test.records.put(recordOf(video, { attempt: 2 }));
    expect((await details.find(video))?.attempt).toBe(2);
  });

  it("are paid for by their tenant's share, beyond which it is refused for a while, and nobody else", async () => {
    const details = reads({ rows: 2 });
    await details.find(job1("x"));
    await details.find(job1("y"));
    await expect(details.find(job1("z"))).rejects.toMatchObject({
      code: "detail_budget_spent",
      retryAfterSeconds: 1,
    });
    await expect(details.find(job1("z", "2"))).resolves.toBeNull();
    nowMs += 500;
    await expect(details.find(job1("z"))).resolves.toBeNull();
  });

  it("wait their turn where the process has sent its statements, and lose nothing by it", async () => {
    const details = reads({ statements: 1 });
    await details.find(job1("first"));
    const waiting = [details.find(job1("x")), details.find(job1("y", "2"))];
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(test.records.lookedUp).toHaveLength(1);
    nowMs += 1_000;
    expect(await Promise.all(waiting)).toEqual([null, null]);
    expect(test.records.lookedUp).toEqual([["1.job.first"], ["1.job.x", "2.job.y"]]);
  });
});

describe("a tenant that reads much", () => {
  it("is refused details and history alike for a while, whatever its tokens, and nobody else is", async () => {
    const strict = await openTestServer({ tenantReadsPerMinute: 1 });
    strict.records.put(recordOf(job));
    strict.records.put(recordOf(jobRef("2", "job", "b")));
    const ask = async (url: string, tenant: number, sub: string) =>
      strict.server.inject({ url, headers: await signedIn(tenant, { sub }) });
    for (let n = 0; n < 5; n++) {
      expect((await ask("/api/v1/jobs/a/", 1, `person-${n}`)).statusCode).toBe(200);
      expect((await ask("/api/v1/jobs/?status=DONE", 1, `person-${n}`)).statusCode).toBe(200);
    }
    const spent = strict.records.statements.length;
    for (const url of [
      "/api/v1/jobs/a/",
      "/api/v1/jobs/",
      "/media/videos/?status=READY",
      "/media/videos/9/playback/",
    ]) {
      const answer = await ask(url, 1, "somebody else");
      expect([url, answer.statusCode, answer.json().code]).toEqual([url, 429, "detail_budget_spent"]);
      expect(Number(answer.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    }
    expect(strict.records.statements).toHaveLength(spent);
    expect((await ask("/api/v1/jobs/a/progress/", 1, "a watcher")).statusCode).toBe(200); // no statement, no share
    expect((await ask("/api/v1/jobs/b/", 2, "bob")).statusCode).toBe(200);
    expect((await ask("/api/v1/jobs/", 2, "bob")).statusCode).toBe(200);
    await strict.close();
  });
});

describe("a token that guesses ids", () => {
  it("is refused for a while, and nobody else is", async () => {
    const strict = await openTestServer({ missesPerMinute: 1 });
    const ask = (url: string, headers: { authorization: string }, method: "GET" | "POST" = "GET") =>
      strict.server.inject({ method, url, headers });
    strict.records.put(recordOf(job));
    strict.records.put(recordOf(jobRef("2", "job", "b")));
    for (let id = 0; id < 5; id++) {
      expect((await ask(`/media/videos/guess-${id}/`, one)).statusCode).toBe(404);
      expect((await ask(`/api/v1/jobs/guess-${id}/cancel/`, one, "POST")).statusCode).toBe(404);
    }
    const spent = strict.records.statements.length;
    for (const [url, method] of [
      ["/media/videos/guess-6/", "GET"],
      ["/api/v1/jobs/guess-6/result/", "GET"],
      ["/api/v1/jobs/guess-6/retry/", "POST"],
    ] as const) {
      const answer = await ask(url, one, method);
      expect([url, answer.statusCode, answer.json().code]).toEqual([url, 429, "rate_limited"]);
      expect(Number(answer.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    }
    expect(strict.records.statements).toHaveLength(spent);
    expect((await ask("/api/v1/jobs/", one)).statusCode).toBe(200); // names no job: is not concerned
    expect((await ask("/api/v1/jobs/a/progress/", one)).statusCode).toBe(404); // Redis only: neither
    expect((await ask("/api/v1/jobs/b/", two)).statusCode).toBe(200);
    await strict.close();
  });

  it("may look at what is there as often as its requests allow", async () => {
    test.records.put(recordOf(job));
    for (let i = 0; i < 45; i++) expect((await get("/api/v1/jobs/a/")).statusCode).toBe(200);
  });
});

describe("history", () => {
  it("pages a tenant's own records of one kind, as details", async () => {
    for (const id of ["a", "b", "c"]) test.records.put(recordOf(jobRef("1", "job", id)));
    test.records.put(recordOf(jobRef("2", "job", "foreign")));
    const first = (await get("/api/v1/jobs/?limit=2")).json();
    expect(first.items.map((each: { job_id: string }) => each.job_id)).toEqual(["c", "b"]);
    const rest = (await get(`/api/v1/jobs/?limit=2&cursor=${first.next_cursor}`)).json();
    expect([rest.items.length, rest.next_cursor]).toEqual([1, null]);
    expect((await get("/media/videos/")).json()).toEqual({ items: [], next_cursor: null });
    expect(test.records.statements).toEqual(["page", "page", "page"]);
  });

  it("takes a status, a job type and a submitter", async () => {
    test.records.put(recordOf(job, { status: "DONE", jobType: "ocr", createdBy: "bob" }));
    test.records.put(recordOf(jobRef("1", "job", "b"), { createdBy: "alice" }));
    test.records.put(recordOf(video, { createdBy: "alice", metadata: { class: "3-1" } }));
    expect((await get("/api/v1/jobs/?created_by=alice")).json().items).toMatchObject([{ job_id: "b" }]);
    expect((await get("/media/videos/?created_by=bob")).json().items).toEqual([]);
    expect((await get("/media/videos/?created_by=alice")).json().items).toMatchObject([
      { id: 42, metadata: { class: "3-1" } },
    ]);
    expect((await get("/api/v1/jobs/?status=DONE")).json().items).toHaveLength(1);
    expect((await get("/api/v1/jobs/?job_type=tally")).json().items).toMatchObject([{ job_id: "b" }]);
  });

  it.each(["limit=0", "limit=101", "limit=x", "status=HAPPY", "cursor=not-ours", "created_by=%00"])(
    "refuses %s",
    async (query) => {
      expect((await get(`/api/v1/jobs/?${query}`)).json()).toMatchObject({
        status: 400,
        code: "invalid_request",
      });
    },
  );
});

describe("cancel", () => {
  it("ends what waits at once: row, then snapshot", async () => {
    test.records.put(recordOf(video));
    const answer = await post("/media/videos/42/cancel/");
    expect([answer.statusCode, answer.json()]).toEqual([
      202,
      { id: 42, status: "CANCELLED", attempt: 1, cancel_requested: true },
    ]);
    expect(test.store.writes).toEqual(["finish CANCELLED 1 accepted"]);
    expect((await post("/media/videos/42/cancel/")).statusCode).toBe(202);
  });

  it("asks what runs to stop, even if only the row can be told", async () => {
    test.records.put(recordOf(job, { status: "PROCESSING", attempt: 3 }));
    expect((await post("/api/v1/jobs/a/cancel/")).json()).toMatchObject({
      job_id: "a",
      status: "PROCESSING",
    });
    expect(test.store.cancelRequests).toEqual(["1.job.a 3"]);
    test.store.down = true;
    expect((await post("/api/v1/jobs/a/cancel/")).statusCode).toBe(202);
  });

  it("comes too late for what has ended, and does not know the unknown or foreign", async () => {
    test.records.put(recordOf(video, READY));
    expect((await post("/media/videos/42/cancel/")).json()).toMatchObject({
      status: 409,
      code: "already_finished",
    });
    const [foreign, unknown, malformed] = [
      await post("/media/videos/42/cancel/", two),
      await post("/media/videos/9/cancel/"),
      await post("/media/videos/9%209/cancel/"),
    ];
    expect(foreign.statusCode).toBe(404);
    expect(new Set([foreign.body, unknown.body, malformed.body]).size).toBe(1);
  });
});

describe("retry", () => {
  it("is a new attempt: row, snapshot, delivery; a detail read before is not repeated", async () => {
    test.records.put(recordOf(video, { status: "FAILED", attempt: 2, tries: 3, errorCode: "render_failed" }));
    await test.files.saveInput(video, none(), 10);
    await get("/media/videos/42/");
    test.records.statements.length = 0;
    const answer = await post("/media/videos/42/retry/");
    expect([answer.statusCode, answer.json()]).toEqual([
      202,
      {
        id: 42,
        status: "PENDING",
        attempt: 3,
        version: 0,
        progress_url: "/media/videos/42/progress/",
        detail_url: "/media/videos/42/",
      },
    ]);
    expect(answer.headers).toMatchObject({ location: "/media/videos/42/", "retry-after": "1" });
    expect(test.records.statements).toEqual(["find", "retry"]);
    expect(test.queue.deliveries).toMatchObject([{ attempt: 3 }]);
    expect((await get("/media/videos/42/")).json()).toMatchObject({ status: "PENDING", attempt: 3 });
  });

  it.each([
    [READY, 409, "not_retryable"],
    [{ status: "PROCESSING" }, 409, "not_retryable"],
    [{ status: "FAILED" }, 409, "input_gone"],
    [{ status: "CANCELLED" }, 409, "input_gone"],
  ] satisfies [Partial<JobRecord>, number, string][])(
    "is refused where it makes no sense: %#",
    async (changes, status, code) => {
      test.records.put(recordOf(video, changes));
      expect((await post("/media/videos/42/retry/")).json()).toMatchObject({ status, code });
      expect(test.queue.deliveries).toEqual([]);
    },
  );

  it("needs no input where the job type takes none, and does not know the foreign", async () => {
    test.records.put(recordOf(job, { status: "FAILED", jobType: "notice" }));
    expect((await post("/api/v1/jobs/a/retry/", two)).json().code).toBe("record_not_found");
    expect((await post("/api/v1/jobs/a/retry/")).statusCode).toBe(202);
  });
});

describe("a result of its own", () => {
  it("comes from Redis without a statement", async () => {
    test.store.putResult(jobRef("1", "job", "a"), '{"rows":[1]}');
    const answer = await get("/api/v1/jobs/a/result/");
    expect([answer.statusCode, answer.body]).toEqual([200, '{"rows":[1]}']);
    expect(test.records.statements).toEqual([]);
    expect((await get("/api/v1/jobs/a/result/", two)).statusCode).toBe(404);
  });

  it("comes from the row on a miss, and is then in Redis again", async () => {
    test.records.put(recordOf(job, { status: "DONE", result: { kind: "row", bytes: 9 } }));
    test.records.putResult(job, '{"rows":[]}');
    expect((await get("/api/v1/jobs/a/result/")).body).toBe('{"rows":[]}');
    expect((await get("/api/v1/jobs/a/result/")).body).toBe('{"rows":[]}');
    expect(test.records.statements).toEqual(["findMany", "findResult"]);
  });

  it("is the file that the terminal snapshot names, or what it carries, without a statement", async () => {
    const terminal = {
      ref: job,
      jobType: "ocr",
      title: null,
      attempt: 3,
      updatedAt: AT,
      status: "DONE",
    } as const;
    test.store.put({ ...terminal, result: { kind: "file", bytes: 9 } });
    await test.files.writeOutput(job, 2, "result.json", '{"old":1}');
    expect((await get("/api/v1/jobs/a/result/")).statusCode).toBe(404); // not this attempt's
    test.records.statements.length = 0;
    await test.files.writeOutput(job, 3, "result.json", '{"big":3}');
    const answer = await get("/api/v1/jobs/a/result/");
    expect([answer.body, answer.headers["content-type"]]).toEqual([
      '{"big":3}',
      "application/json; charset=utf-8",
    ]);
    test.store.put({ ...terminal, result: { kind: "inline", value: { small: [1] } } });
    expect((await get("/api/v1/jobs/a/result/")).body).toBe('{"small":[1]}');
    test.store.put({ ...terminal, status: "PENDING", nextTry: null });
    expect((await get("/api/v1/jobs/a/result/")).json().code).toBe("result_not_found");
    expect(test.records.statements).toEqual([]);
  });

  it.each([
    [0, `{"status":"DONE","result":1e999}`],
    [2, `{"attempt":2,"version":2147483647,"status":"DONE","result":1e999}`],
    [
      2,
      `{"attempt":2,"version":2147483647,"status":"DONE","result":${"[".repeat(9_000)}${"]".repeat(9_000)}}`,
    ],
    [2, `{"attempt":2,"version":2147483647,"status":"DONE","result":`],
  ])("comes from the row where another program wrote what is none: %#", async (attempt, text) => {
    test.store.putText(job, { attempt, version: 2_147_483_647, status: "DONE", text });
    expect((await get("/api/v1/jobs/a/result/")).json().code).toBe("record_not_found");
    test.records.put(
      recordOf(jobRef("1", "job", "b"), { status: "DONE", result: { kind: "inline", value: [1] } }),
    );
    test.store.putText(jobRef("1", "job", "b"), { attempt, version: 2_147_483_647, status: "DONE", text });
    expect((await get("/api/v1/jobs/b/result/")).body).toBe("[1]");
  });

  it("that many ask for at once comes from the row by one statement", async () => {
    test.records.put(recordOf(job, { status: "DONE", result: { kind: "row", bytes: 9 } }));
    test.records.putResult(job, '{"rows":[]}');
    const answers = await Promise.all([1, 2, 3].map(() => get("/api/v1/jobs/a/result/")));
    expect(answers.map(({ body }) => body)).toEqual(Array(3).fill('{"rows":[]}'));
    expect(test.records.statements).toEqual(["findMany", "findResult"]);
  });

  it("comes from the attempt's folder where it is a file, and inline where it is small", async () => {
    test.records.put(recordOf(job, { status: "DONE", attempt: 2, result: { kind: "file", bytes: 8 } }));
    await test.files.writeOutput(job, 2, "result.json", '{"big":1}');
    const answer = await get("/api/v1/jobs/a/result/");
    expect([answer.body, answer.headers["content-type"]]).toEqual([
      '{"big":1}',
      "application/json; charset=utf-8",
    ]);
    test.records.put(
      recordOf(jobRef("1", "job", "b"), { status: "DONE", result: { kind: "inline", value: [1] } }),
    );
    expect((await get("/api/v1/jobs/b/result/")).body).toBe("[1]");
  });

  it("is not there while the job runs, or when its file is gone", async () => {
    test.records.put(recordOf(job, { status: "PROCESSING" }));
    expect((await get("/api/v1/jobs/a/result/")).json()).toMatchObject({
      status: 404,
      code: "result_not_found",
    });
    test.records.put(
      recordOf(jobRef("1", "job", "b"), { status: "DONE", result: { kind: "file", bytes: 8 } }),
    );
    expect((await get("/api/v1/jobs/b/result/")).json()).toMatchObject({ code: "result_not_found" });
  });
});

describe("a removal", () => {
  const remove = (url: string, headers = one) => test.server.inject({ method: "DELETE", url, headers });

  it.each([
    [video, "/media/videos/42/", READY],
    [job, "/api/v1/jobs/a/", { status: "DONE", result: { kind: "inline", value: 1 } }],
    [job, "/api/v1/jobs/a/", { status: "FAILED" }],
    [job, "/api/v1/jobs/a/", { status: "CANCELLED" }],
  ] satisfies [typeof job, string, Partial<JobRecord>][])(
    "takes row, snapshot, result and files away by one statement: %#",
    async (ref, url, changes) => {
      const record = test.records.put(recordOf(ref, changes));
      test.store.put(snapshotOfRecord(record));
      await test.files.saveInput(ref, none(), 10);
      const output = await test.files.writeOutput(ref, 2, "cover.png", "x");
      expect((await get(url)).statusCode).toBe(200); // remembered for 5 s, and forgotten now
      expect((await get(`${url}progress/`)).statusCode).toBe(200);
      test.records.statements.length = 0;
      const answer = await remove(url);
      expect([answer.statusCode, answer.body]).toEqual([204, ""]);
      expect(test.records.statements).toEqual(["remove"]);
      expect((await get(url)).json().code).toBe("record_not_found");
      expect((await get(`${url}progress/`)).json().code).toBe("not_found");
      expect(test.files.inputs()).toEqual([]);
      expect(existsSync(output)).toBe(false);
      expect((await remove(url)).json().code).toBe("record_not_found");
    },
  );

  it.each(["PENDING", "PROCESSING"] as const)("is refused while the job is %s", async (status) => {
    test.records.put(recordOf(job, { status }));
    expect((await remove("/api/v1/jobs/a/")).json()).toMatchObject({ status: 409, code: "not_finished" });
    expect(test.records.rows.size).toBe(1);
  });

  it("does not know the unknown or foreign, and says so with the same bytes", async () => {
    test.records.put(recordOf(video, READY));
    const answers = [
      await remove("/media/videos/42/", two),
      await remove("/media/videos/9/"),
      await remove("/media/videos/9%209/"),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404]);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(test.records.rows.size).toBe(1);
  });

  it("is done though the status store is away: the relay is woken for the rest", async () => {
    test.records.put(recordOf(job, { status: "DONE" }));
    test.store.down = true;
    expect((await remove("/api/v1/jobs/a/")).statusCode).toBe(204);
    expect(test.installation.wakes).toBe(1);
    expect(test.records.rows.size).toBe(0);
  });
});

import { deliveryId, JobError, jobRef, refKey, type Json } from "@statusplane/core";
import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { eventually } from "@statusplane/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JobType } from "@statusplane/core";
import { checkPayload } from "../src/submit/check-payload.ts";
import { JOB_TYPES, openTestServer, recordOf, signedIn, type TestServer } from "./fakes/index.ts";

const VIDEO = `video${"x".repeat(6_000)}`;
const BOUNDARY = "----boundary";

type Part = readonly [name: string, content: string, fileName?: string];

function form(...parts: readonly Part[]) {
  const payload = parts
    .map(([name, content, fileName]) => {
      const file =
        fileName === undefined ? "" : `; filename="${fileName}"\r\ncontent-type: application/octet-stream`;
      return `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n${content}\r\n`;
    })
    .join("");
  return {
    headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` },
    payload: `${payload}--${BOUNDARY}--\r\n`,
  };
}

const [, , NOTICE] = JOB_TYPES as Required<[JobType, JobType, JobType]>;

let test: TestServer;
let one: { authorization: string };
beforeEach(async () => {
  test = await openTestServer({ uploadMaxBytes: 10_000 });
  one = await signedIn(1);
});
afterEach(() => test.close());

function post(
  url: string,
  body: { headers?: Record<string, string>; payload?: string | object },
  more: Record<string, string> = {},
) {
  return test.server.inject({
    method: "POST",
    url,
    headers: { ...one, ...body.headers, ...more },
    ...(body.payload === undefined ? {} : { payload: body.payload }),
  });
}
const postVideo = (parts: readonly Part[], more?: Record<string, string>) =>
  post("/media/videos/", form(...parts), more);
const postJob = (parts: readonly Part[], more?: Record<string, string>) =>
  post("/api/v1/jobs/", form(...parts), more);
const file = (content: string, name = "영상 1.mp4"): Part => ["file", content, name];

describe("a submitted video", () => {
  it("is a row, an upload, a PENDING snapshot and a delivery before the answer", async () => {
    const answer = await postVideo([["title", "1부"], file(VIDEO)]);
    expect(answer.statusCode).toBe(202);
    const { id, watch_token: watchToken, ...rest } = answer.json();
    expect(rest).toEqual({
      status: "PENDING",
      attempt: 1,
      version: 0,
      progress_url: `/media/videos/${id}/progress/`,
      detail_url: `/media/videos/${id}/`,
    });
    expect(answer.headers).toMatchObject({ location: `/media/videos/${id}/`, "retry-after": "1" });
    const ref = jobRef("1", "video", id);
    expect(test.records.rows.get(refKey(ref))).toMatchObject({
      jobType: "render",
      title: "1부",
      createdBy: "alice",
    });
    expect(test.files.inputs()).toEqual([refKey(ref)]);
    expect(test.queue.deliveries).toEqual([{ ref, attempt: 1, jobType: "render" }]);
    expect(test.records.statements).toEqual(["submit"]);
    const watched = await test.server.inject({
      url: rest.progress_url,
      headers: { authorization: `Bearer ${watchToken}` },
    });
    expect(watched.json()).toMatchObject({ id, status: "PENDING" });
  });

  it("takes its fields in any order, its title from the file's name, and its id from nobody", async () => {
    await postVideo([file(VIDEO), ["title", "뒤에 온 제목"]]);
    await postVideo([file(VIDEO, "영상 2.mp4")]);
    const rows = [...test.records.rows.values()];
    expect(rows.map(({ title }) => title)).toEqual(["뒤에 온 제목", "영상 2.mp4"]);
    expect(rows.every(({ ref }) => /^[0-9a-f-]{36}$/.test(ref.id))).toBe(true);
  });

  it.each([
    [
      "composed, its quotes and line ends as browsers write them",
      "영상 %221%22%0D%0A소개.mp4".normalize("NFD"),
      '영상 "1" 소개.mp4',
    ],
    ["without what turns its direction", "\u202e4pm.txt", "4pm.txt"],
  ])("has its file's name %s", async (_what, sent, shown) => {
    await postVideo([file(VIDEO, sent)]);
    await postVideo([file(VIDEO), ["title", shown.normalize("NFD")]]);
    const [first, second] = [...test.records.rows.values()];
    expect(first).toMatchObject({ title: shown, payload: { file_name: shown } });
    expect(second).toMatchObject({ title: shown });
  });

  it.each<[string, readonly Part[], number, string]>([
    ["not a video", [file("text")], 415, "not_renderable"],
    ["an empty file", [file("")], 422, "file_empty"],
    ["no file", [["title", "x"]], 422, "file_required"],
    ["a file of another name", [["upload", VIDEO, "a.mp4"]], 400, "invalid_request"],
    ["too large a file", [file(VIDEO + VIDEO)], 413, "file_too_large"],
    ["two files", [file(VIDEO), file(VIDEO)], 400, "invalid_request"],
    [
      "too many fields",
      [file(VIDEO), ...Array.from({ length: 12 }, (_, n): Part => [`f${n}`, ""])],
      400,
      "invalid_request",
    ],
    ["too large a field", [file(VIDEO), ["title", "x".repeat(70_000)]], 413, "body_too_large"],
    ["a payload that is no JSON", [file(VIDEO), ["payload", "{"]], 400, "invalid_json"],
    ["a field that reaches for the prototype", [file(VIDEO), ["__proto__", "x"]], 400, "invalid_request"],
  ])("that is refused keeps nothing: %s", async (_what, parts, status, code) => {
    const answer = await postVideo(parts);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect([test.files.inputs(), test.records.statements, test.store.writes]).toEqual([[], [], []]);
  });

  it("is refused as JSON, and by a content length beyond the limit before a byte is read", async () => {
    expect((await post("/media/videos/", { payload: { title: "x" } })).statusCode).toBe(415);
    const answer = await post("/media/videos/", form(file(VIDEO)), { "content-length": "99999999" });
    expect(answer.json()).toMatchObject({ status: 413, code: "file_too_large" });
  });

  it("keeps nothing when its form ends in the middle", async () => {
    const { headers, payload } = form(file(VIDEO));
    const answer = await post("/media/videos/", { headers, payload: payload.slice(0, 3_000) });
    expect(answer.statusCode).toBe(400);
    expect([test.files.inputs(), test.records.statements]).toEqual([[], []]);
  });
});

describe("title and metadata", () => {
  const METADATA = { class: "3-1", tags: ["봄", null] };
  const kept = () => [...test.records.rows.values()].map(({ title, metadata }) => ({ title, metadata }));

  it("are kept with a job of either kind, however it was submitted", async () => {
    const fields: readonly Part[] = [
      ["title", "3월 명단"],
      ["metadata", JSON.stringify(METADATA)],
    ];
    await postVideo([...fields, file(VIDEO)]);
    await postJob([["job_type", "tally"], file("PK.."), ...fields]);
    const members = { job_type: "notice", payload: { to: "all" } };
    await post("/api/v1/jobs/", { payload: { ...members, title: "3월 명단", metadata: METADATA } });
    expect(kept()).toEqual(Array.from({ length: 3 }, () => ({ title: "3월 명단", metadata: METADATA })));
    await post("/api/v1/jobs/", { payload: { ...members, metadata: null } });
    expect(kept()[3]).toEqual({ title: null, metadata: null });
  });

  it.each([
    ["no object", [1]],
    ["a text", "x"],
    ["more than 2 KiB", { x: "가".repeat(700) }],
    ["a number that a browser would round", { id: 2 ** 60 }],
  ])("are refused where the metadata is %s, and keep nothing", async (_what, metadata) => {
    const job = { job_type: "notice", payload: { to: "all" }, metadata };
    const video = [file(VIDEO), ["metadata", JSON.stringify(metadata)]] as const;
    for (const answer of [await post("/api/v1/jobs/", { payload: job }), await postVideo(video)]) {
      expect(answer.json()).toMatchObject({ status: 400, code: "invalid_request" });
      expect(answer.json().detail).toContain("metadata");
    }
    expect([test.files.inputs(), test.records.statements]).toEqual([[], []]);
  });

  it("make another body of the same Idempotency-Key", async () => {
    const key = { "idempotency-key": "k" };
    const submit = (metadata: object) =>
      post("/api/v1/jobs/", { payload: { job_type: "notice", payload: { to: "all" }, metadata } }, key);
    expect((await submit({ a: 1 })).statusCode).toBe(202);
    expect((await submit({ a: 1 })).statusCode).toBe(202);
    expect((await submit({ a: 2 })).json().code).toBe("idempotency_conflict");
  });
});

describe("a submitted job", () => {
  it("comes as JSON where it needs no file", async () => {
    const answer = await post("/api/v1/jobs/", {
      payload: { job_type: "notice", payload: { to: "all" } },
    });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({
      status: "PENDING",
      detail_url: `/api/v1/jobs/${answer.json().job_id}/`,
    });
    expect([...test.records.rows.values()][0]).toMatchObject({
      jobType: "notice",
      payload: { to: "all" },
    });
  });

  it("comes as a form with job_type before or after the file, and keeps the file's name", async () => {
    expect((await postJob([["job_type", "tally"], file("PK..")])).statusCode).toBe(202);
    expect((await postJob([file("PK.."), ["payload", '{"a":1}'], ["job_type", "tally"]])).statusCode).toBe(
      202,
    );
    const fileName = { file_name: "영상 1.mp4" };
    expect([...test.records.rows.values()].map(({ payload }) => payload)).toEqual([
      fileName,
      { ...fileName, a: 1 },
    ]);
  });

  it.each<[string, object | readonly Part[], number, string]>([
    ["an unknown type", { job_type: "mine_bitcoin" }, 422, "unknown_job_type"],
    ["a video's type", { job_type: "render" }, 422, "unknown_job_type"],
    ["no type", { payload: {} }, 400, "invalid_request"],
    ["a payload its type refuses", { job_type: "notice", payload: {} }, 422, "invalid_payload"],
    [
      "a number that a browser would round",
      { job_type: "notice", payload: { to: 2 ** 60 } },
      422,
      "invalid_payload",
    ],
    ["no file where one is needed", { job_type: "tally" }, 422, "file_required"],
    ["nothing to count", [["job_type", "tally"], file("text")], 415, "not_countable"],
    ["nothing to count, its type named later", [file("text"), ["job_type", "tally"]], 415, "not_countable"],
    ["an unknown type with a file", [file("PK.."), ["job_type", "x"]], 422, "unknown_job_type"],
    [
      "a file where none belongs",
      [["job_type", "notice"], ["payload", '{"to":1}'], file("PK..")],
      400,
      "invalid_request",
    ],
  ])("that is refused keeps nothing: %s", async (_what, body, status, code) => {
    const answer = await (Array.isArray(body) ? postJob(body) : post("/api/v1/jobs/", { payload: body }));
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect([test.files.inputs(), test.records.statements, test.store.writes]).toEqual([[], [], []]);
  });
});

describe("what a submit does not know", () => {
  const message = { job_type: "notice", payload: { to: "all" } };

  it.each<[string, () => ReturnType<typeof post>, string]>([
    [
      "members of JSON",
      () => post("/api/v1/jobs/", { payload: { ...message, max_tries: 1, titel: "x" } }),
      "max_tries, titel",
    ],
    [
      "a video's fields, before a byte of the file is kept",
      () => postVideo([["id", "42"], ["job_type", "render"], file(VIDEO)]),
      "id, job_type",
    ],
    ["a field behind the file", () => postVideo([file(VIDEO), ["id", "42"]]), "id"],
    ["a job's fields", () => postJob([["job_type", "tally"], ["options", "{}"], file("PK..")]), "options"],
    ["members of the query", () => post("/api/v1/jobs/?title=x", { payload: message }), "title"],
  ])("is refused by its names: %s", async (_what, submit, names) => {
    const answer = await submit();
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_request"]);
    expect(answer.json().detail).toContain(`(unknown: ${names};`);
    expect([test.files.inputs(), test.records.statements]).toEqual([[], []]);
  });
});

describe("a job type's own rules", () => {
  it("are asked at submit, as JSON and as a form, and say what is wrong", async () => {
    const payload = { to: [] };
    const answers = await Promise.all([
      post("/api/v1/jobs/", { payload: { job_type: "notice", payload } }),
      postJob([
        ["job_type", "notice"],
        ["payload", JSON.stringify(payload)],
      ]),
    ]);
    for (const answer of answers) {
      expect(answer.json()).toMatchObject({ status: 422, code: "invalid_payload" });
      expect(answer.json().detail).toMatch(/^작업 입력이 올바르지 않습니다. \(to: Invalid input.*\)$/);
    }
    expect(test.records.statements).toEqual([]);
  });

  it.each([
    [new JobError("invalid_payload"), undefined],
    [new JobError("invalid_payload", { cause: new TypeError("no room") }), "no room"],
    [
      new JobError("invalid_payload", { message: "받는 사람이 없습니다.", cause: "x" }),
      "받는 사람이 없습니다.",
    ],
    [new JobError("no_receiver", { retryable: true }), "no_receiver"],
  ])("are told in their own words: %s", (thrown, reason) => {
    const check = (): void => checkPayload({}, { ...NOTICE, check: () => { throw thrown; } }); // prettier-ignore
    expect(check).toThrow(expect.objectContaining({ code: "invalid_payload", detail: reason }));
  });

  it("see the payload as the row keeps it, its file's name within", async () => {
    const seen: Json[] = [];
    const own = await openTestServer({
      jobTypes: [{ ...NOTICE, input: "file", check: (payload) => void seen.push(payload) }],
    });
    const { headers, payload } = form(["job_type", "notice"], file("text", "1.txt"));
    const answer = await own.server.inject({
      method: "POST",
      url: "/api/v1/jobs/",
      headers: { ...headers, ...one },
      payload,
    });
    expect(answer.statusCode).toBe(202);
    expect(seen).toEqual([{ file_name: "1.txt" }]);
    expect([...own.records.rows.values()][0]).toMatchObject({ payload: { file_name: "1.txt" } });
    await own.close();
  });

  it("say how often it is started at most, in the row", async () => {
    await post("/api/v1/jobs/", { payload: { job_type: "notice", payload: { to: "all" } } });
    await postVideo([file(VIDEO)]);
    expect([...test.records.rows.values()].map(({ maxTries }) => maxTries)).toEqual([1, 3]);
  });
});

describe("text that no database holds", () => {
  it.each(["a\u0000b", "a\ud800b"])(
    "is accepted in a payload as it is, and leaves a title: %j",
    async (text) => {
      const body = { job_type: "notice", title: text, payload: { to: text } };
      expect(
        (
          await post("/api/v1/jobs/", {
            payload: JSON.stringify(body),
            headers: { "content-type": "application/json" },
          })
        ).statusCode,
      ).toBe(202);
      const [row] = test.records.rows.values();
      expect(row).toMatchObject({ payload: { to: text }, title: text === "a\u0000b" ? "ab" : "a\ufffdb" });
    },
  );
});

describe("what fails around a COMMIT", () => {
  it("after it is the relay's: 202, and the reconciler is woken", async () => {
    test.queue.down = true;
    expect((await postVideo([file(VIDEO)])).statusCode).toBe(202);
    test.store.down = true;
    expect((await postVideo([file(VIDEO)])).statusCode).toBe(202);
    expect([test.installation.wakes, test.records.rows.size]).toEqual([2, 2]);
  });

  it("in it is unknown: 503 with Retry-After, and the upload stays", async () => {
    test.records.down = "after";
    const answer = await postVideo([file(VIDEO)]);
    expect(answer.json()).toMatchObject({ status: 503, code: "database_unavailable" });
    expect(answer.headers["retry-after"]).toBeDefined();
    expect(test.files.inputs()).toHaveLength(1);
  });

  it("in it, found to have happened when the statement was repeated, is a submit like any other", async () => {
    const submit = test.records.submit.bind(test.records);
    test.records.submit = async (job) => {
      const outcome = await submit(job);
      return outcome.outcome === "created" ? { ...outcome, outcome: "repeated" } : outcome;
    };
    const { id } = (await postVideo([file(VIDEO)])).json();
    expect(test.queue.deliveries).toMatchObject([{ ref: { id } }]);
    expect(test.store.writes).toEqual(["announce PENDING 1 accepted"]);
    expect(test.files.inputs()).toEqual([`1.video.${id}`]);
  });

  it("before it, where there is no room, is refused before the body is read", async () => {
    const full = await openTestServer({ acceptsWork: () => "storage_full" });
    const answer = await full.server.inject({
      method: "POST",
      url: "/media/videos/",
      ...form(file(VIDEO)),
      headers: { ...form().headers, ...one },
    });
    expect([answer.statusCode, answer.json().code, full.files.inputs()]).toEqual([507, "storage_full", []]);
    await full.close();
  });
});

describe("an Idempotency-Key", () => {
  const key = { "idempotency-key": "k-1" };

  it("gives the same answer and one job for the same key and body; the second upload is not kept", async () => {
    const first = await postVideo([["title", "1"], file(VIDEO)], key);
    const second = await postVideo([["title", "1"], file(VIDEO)], key);
    const { watch_token: _1, ...one } = first.json();
    const { watch_token: _2, ...two } = second.json();
    expect([second.statusCode, two]).toEqual([202, one]);
    expect(second.headers.location).toBe(first.headers.location);
    expect([test.records.rows.size, test.files.inputs().length]).toEqual([1, 1]);
    expect(new Set(test.queue.deliveries.map(deliveryId)).size).toBe(1);
  });

  it("tells store and queue again what still waits, for its first sender may have died right after the COMMIT", async () => {
    test.queue.down = true;
    test.store.down = true;
    const first = (await postVideo([file(VIDEO)], key)).json();
    expect([test.queue.deliveries, test.store.writes]).toEqual([[], []]);
    test.queue.down = false;
    test.store.down = false;
    const second = (await postVideo([file(VIDEO)], key)).json();
    expect(second.id).toBe(first.id);
    expect(test.queue.deliveries).toMatchObject([{ ref: { id: first.id }, attempt: 1 }]);
    expect(test.store.writes).toEqual(["announce PENDING 1 accepted"]);
  });

  it("tells nothing of a job that has gone on meanwhile", async () => {
    const { id } = (await postVideo([file(VIDEO)], key)).json();
    const ref = jobRef("1", "video", id);
    for (const status of ["PROCESSING", "READY"] as const) {
      test.records.put(recordOf(ref, { status }));
      test.store.writes.length = 0;
      test.queue.deliveries.length = 0;
      expect((await postVideo([file(VIDEO)], key)).json().id).toBe(id);
      expect([test.queue.deliveries, test.store.writes], status).toEqual([[], []]);
    }
  });

  it.each<[string, readonly Part[]]>([
    ["another file of the same size", [["title", "1"], file(VIDEO.replace("xx", "xy"))]],
    ["another title", [["title", "2"], file(VIDEO)]],
  ])("with another body is a conflict that keeps nothing: %s", async (_what, parts) => {
    await postVideo([["title", "1"], file(VIDEO)], key);
    const answer = await postVideo(parts, key);
    expect(answer.json()).toMatchObject({ status: 409, code: "idempotency_conflict" });
    expect(test.files.inputs()).toHaveLength(1);
  });

  it("holds for JSON too, and within its tenant", async () => {
    const body = { payload: { job_type: "notice", payload: { to: 1 } } };
    const first = (await post("/api/v1/jobs/", body, key)).json();
    expect((await post("/api/v1/jobs/", body, key)).json().job_id).toBe(first.job_id);
    const other = { payload: { job_type: "notice", payload: { to: 2 } } };
    expect((await post("/api/v1/jobs/", other, key)).statusCode).toBe(409);
    const foreign = await post("/api/v1/jobs/", other, { ...key, ...(await signedIn(2)) });
    expect(foreign.statusCode).toBe(202);
  });

  it.each(["", "a b", "ä", "x".repeat(256)])("is visible ASCII: %j", async (bad) => {
    const answer = await postVideo([file(VIDEO)], { "idempotency-key": bad });
    expect(answer.json()).toMatchObject({ status: 400, code: "invalid_idempotency_key" });
  });
});

describe("a client", () => {
  const upload = async (): Promise<ReturnType<typeof httpRequest>> => {
    await test.server.listen({ port: 0, host: "127.0.0.1" });
    const { port } = test.server.server.address() as AddressInfo;
    const { headers } = form();
    const request = httpRequest({
      port,
      method: "POST",
      path: "/media/videos/",
      headers: { ...one, ...headers },
    });
    request.on("error", () => undefined); // its connection is cut on purpose
    request.write(form(file(VIDEO)).payload.slice(0, 5_500));
    await eventually("the upload has begun", () => test.files.inputs().length === 1);
    return request;
  };

  it("that goes away in the middle of an upload leaves nothing, and is no failure in the log", async () => {
    const lines: string[] = [];
    await test.close();
    test = await openTestServer({
      log: { level: "debug", stream: { write: (line) => void lines.push(line) } },
    });
    (await upload()).destroy();
    await eventually("nothing is kept", () => test.files.inputs().length === 0);
    expect(test.records.statements).toEqual([]);
    const said = await eventually("it is noted", () => lines.find((line) => line.includes("client left")));
    expect(JSON.parse(said)).toMatchObject({ level: 20 }); // pino's debug
    expect(lines.filter((line) => (JSON.parse(line) as { level: number }).level > 30)).toEqual([]);
  });

  it("that sends nothing more is let go, and leaves nothing", async () => {
    await test.close();
    test = await openTestServer({ http: { uploadIdleMs: 50, checkEveryMs: 20 } });
    const request = await upload();
    await new Promise((resolve) => request.once("close", resolve));
    await eventually("nothing is kept", () => test.files.inputs().length === 0);
    expect(test.records.statements).toEqual([]);
  });
});

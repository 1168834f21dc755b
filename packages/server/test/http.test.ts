import { jobRef, StatusplaneError } from "@statusplane/core";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createOperatorsServer, createServer, requireTenant } from "../src/index.ts";
import { FakeStatusStore, openTestServer, SECRET, signedIn, type TestServer } from "./fakes/index.ts";

let test: TestServer;
let one: { authorization: string };
beforeEach(async () => {
  test = await openTestServer();
  one = await signedIn(1);
});
afterEach(() => test.close());

const get = (url: string, headers: Record<string, string> = one) => test.server.inject({ url, headers });
const postJob = (payload: string, headers: Record<string, string> = {}) =>
  test.server.inject({
    method: "POST",
    url: "/api/v1/jobs/",
    headers: { ...one, "content-type": "application/json", ...headers },
    payload,
  });

describe("problems", () => {
  it.each([
    [undefined, "진행 중인 작업이 아닙니다.", "ko"],
    ["ko-KR,ko;q=0.9,en;q=0.8", "진행 중인 작업이 아닙니다.", "ko"],
    ["en-US,en;q=0.9", "That job isn't running.", "en"],
    ["fr, en;q=0.5, ko;q=0.4", "That job isn't running.", "en"],
    ["en;q=0, *", "진행 중인 작업이 아닙니다.", "ko"],
    [";;;,q=,en;q=x", "진행 중인 작업이 아닙니다.", "ko"],
  ])("speak the language asked for: %s", async (language, detail, said) => {
    const answer = await get("/api/v1/jobs/a/progress/", {
      ...one,
      ...(language === undefined ? {} : { "accept-language": language }),
    });
    expect(answer.json()).toEqual({
      type: "/docs#not_found",
      title: "That job isn't running.",
      status: 404,
      code: "not_found",
      detail,
    });
    expect(answer.headers).toMatchObject({
      "content-type": "application/problem+json; charset=utf-8",
      "content-language": said,
      vary: "Authorization, Accept-Language",
      "cache-control": "no-store",
    });
  });

  it("name unknown addresses, and wrong methods with what is allowed", async () => {
    expect((await get("/api/v1/nothing")).json()).toMatchObject({ status: 404, code: "route_not_found" });
    const answer = await test.server.inject({
      method: "DELETE",
      url: "/media/videos/42/progress/?x=1",
      headers: one,
    });
    expect([answer.statusCode, answer.json().code, answer.headers.allow]).toEqual([
      405,
      "method_not_allowed",
      "GET, HEAD",
    ]);
    const put = await test.server.inject({ method: "PUT", url: "/api/v1/jobs", headers: one });
    expect(put.headers.allow).toBe("GET, HEAD, POST");
  });

  it.each([
    ["/healthz", 200],
    ["/openapi.json", 200],
    ["/docs", 200],
    ["/api/v1/jobs/a/progress/", 404],
    ["/media/videos/%zz/progress/", 404],
    ["/api/v1/jobs/?limit=x", 400],
    ["/api/v1/jobs/?job_type=%00", 400],
    [`/api/v1/progress/?jobs=${"x".repeat(8_192)}`, 414],
  ])("and every other answer are what they say they are: %s", async (url, status) => {
    const answer = await get(url);
    expect([answer.statusCode, answer.headers["x-content-type-options"]]).toEqual([status, "nosniff"]);
  });

  it("tell nothing of what nobody foresaw, and log it", async () => {
    const lines: string[] = [];
    const broken = await openTestServer({
      log: { level: "info", stream: { write: (line) => void lines.push(line) } },
      extend: (app) =>
        void app.get("/api/v1/broken", { config: { scope: "watch" } }, () =>
          Promise.reject(new Error('at /srv/secret\n{"level":60}')),
        ),
    });
    const answer = await broken.server.inject({ url: "/api/v1/broken?token=canary", headers: one });
    expect(answer.json()).toMatchObject({
      status: 500,
      code: "internal_error",
      detail: "서버 오류가 발생했습니다.",
    });
    expect(answer.body).not.toContain("secret");
    const logged = lines.filter((line) => line.includes("secret"));
    expect(logged).toHaveLength(1);
    expect(logged[0]?.trim().split("\n")).toHaveLength(1);
    expect(lines.join("")).not.toMatch(/canary|Bearer|eyJ/);
    await broken.close();
  });
});

describe("limits", () => {
  it.each([
    ["{", 400, "invalid_json"],
    ["", 400, "invalid_request"],
    ['"text"', 400, "invalid_request"],
    ['{"job_type":"notice","payload":{"__proto__":{"to":1}}}', 400, "invalid_json"],
    ['{"job_type":"notice","payload":{"constructor":{"prototype":{}}}}', 400, "invalid_json"],
    [`{"job_type":"notice","payload":${"[".repeat(20)}${"]".repeat(20)}}`, 400, "body_too_deep"],
    [`{"job_type":"notice","payload":${"[".repeat(30_000)}${"]".repeat(30_000)}}`, 400, "body_too_deep"],
    [`{"job_type":"notice","payload":"${"x".repeat(70_000)}"}`, 413, "body_too_large"],
  ])("refuse a hostile body: %#", async (payload, status, code) => {
    const answer = await postJob(payload);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/jsonx",
    "application/json\tx",
    "application/xml",
  ])("accept no body of another type: %s", async (type) => {
    expect((await postJob("{}", { "content-type": type })).statusCode).toBe(415);
  });

  it("refuse a URL beyond 8 KiB", async () => {
    expect((await get(`/api/v1/progress/?jobs=${"x".repeat(8_192)}`)).json()).toMatchObject({
      status: 414,
      code: "url_too_long",
    });
  });

  it("take a malformed escape for an unknown address", async () => {
    const answer = await get("/media/videos/%zz/progress/");
    expect([answer.statusCode, answer.json().code]).toEqual([404, "route_not_found"]);
  });

  it("answer what never became a request with a problem too", async () => {
    await test.server.listen({ port: 0, host: "127.0.0.1" });
    const { port } = test.server.server.address() as AddressInfo;
    const say = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        let heard = "";
        const socket = connect(port, "127.0.0.1", () => socket.write(text));
        socket.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
        socket.on("close", () => resolve(heard)).on("error", reject);
      });
    expect(await say(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`)).toContain(
      '"headers_too_large"',
    );
    expect(await say("NOT HTTP\r\n\r\n")).toContain('"invalid_request"');
  });
});

describe("other origins", () => {
  const origin = "https://acme.example";

  it("are let in exactly as listed, without credentials, and told what the answer depends on", async () => {
    const other = await openTestServer({ allowedOrigins: [origin] });
    other.store.putText(jobRef("1", "job", "a"), { attempt: 1, version: 0, status: "PENDING", text: "{}" });
    const ask = (from: string) =>
      other.server.inject({ url: "/api/v1/jobs/a/progress/", headers: { ...one, origin: from } });
    const answer = await ask(origin);
    expect(answer.headers["access-control-allow-origin"]).toBe(origin);
    expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
    expect(answer.headers.vary).toBe("Origin, Authorization");
    for (const hostile of [
      "null",
      "https://evil.example",
      `${origin}.evil.example`,
      "http://acme.example",
      `${origin}:444`,
      "*",
    ]) {
      expect((await ask(hostile)).headers["access-control-allow-origin"]).toBeUndefined();
    }
    const preflight = await other.server.inject({
      method: "OPTIONS",
      url: "/api/v1/jobs/",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
      },
    });
    expect([preflight.statusCode, preflight.headers["access-control-allow-origin"]]).toEqual([204, origin]);
    const methods = String(preflight.headers["access-control-allow-methods"]).split(", ");
    expect(methods.sort()).toEqual(["DELETE", "GET", "HEAD", "POST", "PUT"]);
    await other.close();
  });

  it("are not let in without a list", async () => {
    expect((await get("/healthz", { origin })).headers["access-control-allow-origin"]).toBeUndefined();
  });
});

describe("operators", () => {
  it("see that it lives and whether it is ready, from memory", async () => {
    const busy = await openTestServer({
      readiness: () => ({ ready: false, checks: { redis: "no answer" } }),
    });
    expect((await busy.server.inject("/healthz")).json()).toEqual({ status: "ok" });
    const answer = await busy.server.inject("/readyz");
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      { ready: false, checks: { redis: "no answer" } },
    ]);
    expect((await get("/readyz")).statusCode).toBe(200);
    await busy.close();
  });

  it("alone read the metrics where others could connect", async () => {
    expect((await get("/metrics", {})).statusCode).toBe(401);
    expect((await get("/metrics")).json()).toMatchObject({ status: 403, code: "forbidden" });
    expect((await get("/metrics", await signedIn(1, { role: "operator" }))).statusCode).toBe(200);
  });

  it("read counts of polls by answer, of requests by route, of statements and writes", async () => {
    const other = await openTestServer({
      metrics: {
        access: "open",
        sources: {
          statements: () => ({ watching: 0, work: 7 }),
          writes: () => [{ kind: "progress", answer: "stale", count: 3 }],
          outbox: () => ({ oldestUnrepairedMs: 1_500, entries: 2 }),
          lostHints: () => 4,
        },
      },
    });
    await other.server.inject({ url: "/api/v1/jobs/secret-id/progress/", headers: one });
    await other.server.inject({ url: "/api/v1/jobs/secret-id/", headers: one });
    const text = (await other.server.inject("/metrics")).body;
    expect(text).toContain('statusplane_polls_total{route="job",answer="missing"} 1');
    expect(text).toContain(
      'statusplane_http_requests_total{route="/api/v1/jobs/:id",method="GET",status="404"} 1',
    );
    expect(text).toContain('statusplane_statements_total{cause="watching"} 0');
    expect(text).toContain('statusplane_status_writes_total{kind="progress",answer="stale"} 3');
    expect(text).toContain("statusplane_oldest_unrepaired_seconds 1.5");
    expect(text).toContain("statusplane_lost_hints_total 4");
    expect(text).not.toContain("secret-id");
    await other.close();
  });

  it("may have the metrics on a port of their own", async () => {
    const { Registry } = await import("prom-client");
    const registry = new Registry();
    const other = await openTestServer({ registry, metrics: { access: "elsewhere" } });
    const state = { ready: true };
    const operators = createOperatorsServer({ registry, readiness: () => ({ ...state, checks: {} }) });
    expect((await other.server.inject("/metrics")).statusCode).toBe(404);
    expect((await operators.inject("/metrics")).body).toContain("statusplane_polls_total");
    expect((await operators.inject("/healthz")).json()).toEqual({ status: "ok" });
    expect((await operators.inject("/readyz")).statusCode).toBe(200);
    state.ready = false;
    expect((await operators.inject("/readyz")).statusCode).toBe(503);
    await operators.close();
    await other.close();
  });

  it("read a document of every route, and a page of every error code", async () => {
    const { openapi, paths } = (await get("/openapi.json", {})).json();
    expect(openapi).toBe("3.1.0");
    expect(Object.keys(paths).sort()).toEqual([
      "/api/v1/events/",
      "/api/v1/job-types/",
      "/api/v1/jobs/",
      "/api/v1/jobs/{id}/",
      "/api/v1/jobs/{id}/cancel/",
      "/api/v1/jobs/{id}/files/{name}/",
      "/api/v1/jobs/{id}/progress/",
      "/api/v1/jobs/{id}/result/",
      "/api/v1/jobs/{id}/retry/",
      "/api/v1/progress/",
      "/api/v1/views/",
      "/api/v1/views/beacon/",
      "/api/v1/views/grants/",
      "/api/v1/views/grants/{viewer}/",
      "/api/v1/views/live/",
      "/api/v1/views/policy/",
      "/api/v1/views/{id}/",
      "/api/v1/views/{id}/policy/",
      "/api/v1/watch-token/",
      "/api/v1/ws/",
      "/healthz",
      "/media/hls/{signature}/{file}",
      "/media/videos/",
      "/media/videos/{id}/",
      "/media/videos/{id}/cancel/",
      "/media/videos/{id}/playback/",
      "/media/videos/{id}/progress/",
      "/media/videos/{id}/retry/",
      "/metrics",
      "/readyz",
    ]);
    expect(paths["/media/videos/{id}/progress/"].get.responses["200"]).toMatchObject({
      content: { "application/json": { schema: { properties: { encoding_progress: {} } } } },
    });
    const page = await get("/docs", {});
    expect(page.body).toContain('id="detail_budget_spent"');
    expect(page.body).toContain('id="not_renderable"');
    expect(page.headers["content-security-policy"]).toContain("default-src 'self'");
  });
});

describe("the job types", () => {
  it("are told with their words in each language, and the ends of their own", async () => {
    const answer = await get("/api/v1/job-types/", one);
    expect(answer.headers["cache-control"]).toBe("private, max-age=300");
    const { job_types: jobTypes } = answer.json();
    expect(jobTypes[0]).toEqual({
      ...{ job_type: "render", kind: "video", input: "file", max_tries: 3 },
      label: { ko: "그림", en: "Picture" },
      steps: [{ key: "read", label: { ko: "읽기", en: "Reading" } }],
      errors: [
        {
          code: "not_renderable",
          retryable: false,
          ko: "그릴 수 없는 파일입니다.",
          en: "The file cannot be rendered.",
        },
      ],
    });
    expect(jobTypes[2]).toEqual({
      ...{ job_type: "notice", kind: "job", input: "none", max_tries: 1, errors: [] },
      ...{ label: { ko: "알림", en: "Notice" }, steps: [] },
    });
  });
});

describe("the role progress", () => {
  it("serves watchers and operators, and says of the rest that it is elsewhere", async () => {
    const store = new FakeStatusStore();
    store.putText(jobRef("1", "job", "a"), { attempt: 1, version: 0, status: "PENDING", text: "{}" });
    const server = await createServer({
      store: { reader: store },
      jobTypes: ["render"],
      signIn: { kind: "secret", secret: SECRET },
      log: false,
    });
    const ask = async (url: string, method: "GET" | "POST" = "GET", payload?: object) => {
      const answer = await server.inject({
        method,
        url,
        headers: one,
        ...(payload === undefined ? {} : { payload }),
      });
      return answer.statusCode === 200 ? 200 : answer.json().code;
    };
    for (const url of [
      "/api/v1/jobs/a/progress/",
      "/api/v1/progress/?active=1",
      "/healthz",
      "/readyz",
      "/openapi.json",
      "/docs",
    ]) {
      expect([url, await ask(url)]).toEqual([url, 200]);
    }
    expect(await ask("/api/v1/watch-token/", "POST", { jobs: ["a"] })).toBe(200);
    for (const url of [
      "/api/v1/jobs/a/",
      "/api/v1/jobs/",
      "/media/videos/1/playback/",
      "/media/hls/x/main.list",
      "/api/v1/demo/",
      "/",
      "/x",
    ]) {
      expect([url, await ask(url)]).toEqual([url, "not_served_here"]);
    }
    expect(await ask("/media/videos/", "POST", {})).toBe("not_served_here");
    await server.close();
  });
});

describe("an application", () => {
  it("adds routes of its own: signed in, with the tenant of the token, its errors as problems", async () => {
    const other = await openTestServer({
      extend: (app) => {
        app.get("/api/v1/people", { config: { scope: "people" } }, async (request) => ({
          tenant: requireTenant(request),
        }));
        app.get("/api/v1/full", { config: { scope: "people" } }, async () => {
          throw new StatusplaneError("storage_full");
        });
      },
    });
    const ask = (url: string, headers: Record<string, string>) => other.server.inject({ url, headers });
    expect((await ask("/api/v1/people/", one)).json()).toEqual({ tenant: "1" });
    expect((await ask("/api/v1/people/", {})).statusCode).toBe(401);
    expect((await ask("/api/v1/full", one)).json()).toMatchObject({ status: 507, code: "storage_full" });
    await other.close();
  });

  it("has its page served, with index.html at the page's own addresses and nowhere else", async () => {
    const webRoot = mkdtempSync(join(tmpdir(), "statusplane-page-"));
    await mkdir(join(webRoot, "assets"));
    await writeFile(join(webRoot, "index.html"), "<title>page</title>");
    await writeFile(join(webRoot, "assets", "app-1a2b.js"), "1");
    const other = await openTestServer({ webRoot });
    const browse = (url: string) => other.server.inject({ url, headers: { accept: "text/html,*/*" } });
    for (const url of ["/", "/history", "/videos/42/"]) {
      const page = await browse(url);
      expect([url, page.body]).toEqual([url, "<title>page</title>"]);
      expect(page.headers).toMatchObject({
        "cache-control": "no-cache",
        "x-content-type-options": "nosniff",
      });
      expect(page.headers["content-security-policy"]).toContain("worker-src 'self' blob:");
    }
    expect((await browse("/assets/app-1a2b.js")).headers["cache-control"]).toContain("immutable");
    for (const url of ["/api/v1/nothing", "/media/nothing", "/assets/gone.js"]) {
      expect([url, (await browse(url)).json().code]).toEqual([url, "route_not_found"]);
    }
    expect((await other.server.inject("/history")).statusCode).toBe(404);
    expect((await browse("/..%2f..%2fetc%2fpasswd")).body).not.toContain("root:");
    await other.close();
    rmSync(webRoot, { recursive: true });
  });
});

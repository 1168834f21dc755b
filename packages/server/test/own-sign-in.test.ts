import { jobRef, StatusplaneError } from "@statusplane/core";
import type { FastifyRequest } from "fastify";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Authenticate, SignedIn } from "../src/index.ts";
import {
  openTestServer,
  SECRET,
  signedIn,
  signedToken,
  type TestOptions,
  type TestServer,
} from "./fakes/index.ts";

let test: TestServer;
afterEach(() => test.close());

/** By cookie, or by an API key of its own. */
const authenticate: Authenticate = ({ headers }) => {
  if (headers["x-api-key"] === "key-of-2") return { tenant: "2" };
  return headers.cookie === "session=alice" ? { tenant: 1, subject: "alice" } : null;
};
const COOKIE = { cookie: "session=alice" };
const KEY = { "x-api-key": "key-of-2" };

async function open(options: TestOptions = {}): Promise<void> {
  test = await openTestServer({ authenticate, signingSecret: SECRET, ...options });
  for (const tenant of ["1", "2"]) {
    const text = `{"attempt":1,"version":0,"status":"PENDING","of":"${tenant}"}`;
    const head = { attempt: 1, version: 0, status: "PENDING" } as const;
    test.store.putText(jobRef(tenant, "job", "a"), { ...head, text });
  }
}

const PROGRESS = "/api/v1/jobs/a/progress/";
const get = (headers: Record<string, string>, url = PROGRESS) => test.server.inject({ url, headers });
const submit = (headers: Record<string, string>) =>
  test.server.inject({
    ...{ method: "POST", url: "/api/v1/jobs/", headers },
    payload: { job_type: "notice", payload: { to: "all" } },
  });

describe("an application's own sign-in", () => {
  it("lets in whom it knows, as who it says, and nobody else", async () => {
    await open();
    expect((await get(COOKIE)).json()).toMatchObject({ of: "1" });
    expect((await get(KEY)).json()).toMatchObject({ of: "2" });
    for (const headers of [
      {},
      { cookie: "session=mallory" },
      { authorization: `Bearer ${await signedToken({ tenant_id: 1 }, `${SECRET}!`)}` },
    ]) {
      expect((await get(headers)).json()).toMatchObject({ status: 401, code: "unauthenticated" });
    }
    expect((await submit({ ...KEY, host: "x" })).statusCode).toBe(202);
    expect((await submit({ ...COOKIE, origin: "http://x", host: "x" })).statusCode).toBe(202);
    expect([...test.records.rows.values()].map(({ createdBy }) => createdBy)).toEqual([null, "alice"]);
  });

  it("stands beside tokens that are verified here, and is not asked about one of them", async () => {
    const asked = vi.fn(authenticate);
    await open({ authenticate: asked });
    expect((await get(await signedIn(2))).json()).toMatchObject({ of: "2" });
    const expired = await signedToken({ tenant_id: 2, exp: 1_000_000_000 });
    expect((await get({ ...COOKIE, authorization: `Bearer ${expired}` })).json().code).toBe(
      "unauthenticated",
    );
    const { watch_token: watch } = (
      await test.server.inject({
        ...{ method: "POST", url: "/api/v1/watch-token/", headers: await signedIn(1) },
        payload: { jobs: ["a"] },
      })
    ).json();
    expect((await get({ authorization: `Bearer ${watch}` })).json()).toMatchObject({ of: "1" });
    expect(asked).not.toHaveBeenCalled();
    expect((await get({ ...COOKIE, authorization: "Bearer opaque-key" })).json()).toMatchObject({ of: "1" });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it.each<[SignedIn, number, string]>([
    [{ tenant: "a b" }, 401, "claim_invalid"],
    [{ tenant: "" }, 401, "claim_invalid"],
    [{ tenant: "../etc" }, 401, "claim_invalid"],
    [{ tenant: "x".repeat(65) }, 401, "claim_invalid"],
    [{ tenant: 1.5 }, 401, "claim_invalid"],
    [{ tenant: "1", subject: "a\0b" }, 401, "claim_invalid"],
    [{ tenant: "1", subject: "x".repeat(257) }, 401, "claim_invalid"],
    [{ tenant: "1", scope: 7 as never }, 401, "claim_invalid"],
    [{ tenant: null }, 400, "tenant_required"],
    [undefined as never, 401, "unauthenticated"],
    ...[false, 0, ""].map((nobody): [SignedIn, number, string] => [nobody as never, 401, "unauthenticated"]),
    ...[true, 5, "alice", [], ["1"], {}, { user: "alice" }, () => ({ tenant: "1" })].map(
      (nonsense): [SignedIn, number, string] => [nonsense as never, 500, "internal_error"],
    ),
  ])("is held to the alphabet: %j", async (said, status, code) => {
    await open({ authenticate: async () => said });
    expect((await get({})).json()).toMatchObject({ status, code });
  });

  it("has caches on the way tell cookies apart, whatever is answered", async () => {
    await open();
    const detail = "/api/v1/jobs/a/";
    for (const [headers, url, status] of [
      [COOKIE, PROGRESS, 200],
      [{ ...COOKIE, "if-none-match": '"1.0"' }, PROGRESS, 304],
      [{}, PROGRESS, 401],
      [COOKIE, detail, 404],
      [COOKIE, "/api/v1/job-types/", 200],
    ] as const) {
      const answer = await get(headers, url);
      expect([url, answer.statusCode]).toEqual([url, status]);
      expect(String(answer.headers.vary).split(", ")).toEqual(
        expect.arrayContaining(["Cookie", "Authorization"]),
      );
    }
    await test.close();
    test = await openTestServer();
    expect((await get(await signedIn(1))).headers.vary).toBe("Authorization, Accept-Language");
  });

  it("may make an operator", async () => {
    await open({ authenticate: ({ headers }) => ({ tenant: null, operator: headers.cookie === "root" }) });
    expect((await get({ cookie: "root" }, "/metrics")).statusCode).toBe(200);
    expect((await get({ cookie: "other" }, "/metrics")).json()).toMatchObject({
      status: 403,
      code: "forbidden",
    });
  });

  it("lets nobody in when it throws, at once or later, and tells only what has a code", async () => {
    const lines: string[] = [];
    const thrown: Record<string, () => unknown> = {
      plain: () => new Error("the sessions' database is at 10.0.0.7"),
      status: () => Object.assign(new Error("no"), { statusCode: 401 }),
      coded: () => new StatusplaneError("sign_in_unavailable", { retryAfterSeconds: 7 }),
    };
    const failing = ({ headers }: FastifyRequest): never => {
      throw thrown[headers.cookie ?? ""]?.();
    };
    const log = { level: "info", stream: { write: (line: string) => void lines.push(line) } };
    for (const own of [failing, async (request: FastifyRequest) => failing(request)]) {
      await open({ authenticate: own, log });
      for (const cookie of ["plain", "status"]) {
        const answer = await get({ cookie });
        expect(answer.json()).toMatchObject({ status: 500, code: "internal_error" });
        expect(answer.body).not.toContain("10.0.0.7");
      }
      const coded = await get({ cookie: "coded" });
      expect(coded.json()).toMatchObject({ status: 503, code: "sign_in_unavailable" });
      expect(coded.headers["retry-after"]).toBe("7");
      await test.close();
    }
    expect(lines.filter((line) => line.includes("10.0.0.7"))).toHaveLength(2);
    await open();
  });

  it("is not waited for beyond its deadline, and what it says later means nothing", async () => {
    let fail: (error: Error) => void = () => undefined;
    const late = new Promise<SignedIn>((_, reject) => (fail = reject));
    await open({ authenticate: () => late, authenticateDeadlineMs: 20 });
    const answer = await get(COOKIE);
    expect(answer.json()).toMatchObject({ status: 503, code: "sign_in_unavailable" });
    fail(new Error("the sessions' database is gone"));
    expect((await get(COOKIE)).json()).toMatchObject({ status: 500, code: "internal_error" });
  });

  it("may answer by a promise of a library's own, which has the same deadline", async () => {
    const library = (said: Promise<SignedIn>): Promise<SignedIn> =>
      ({ then: said.then.bind(said) }) as unknown as Promise<SignedIn>;
    const never = new Promise<SignedIn>(() => undefined);
    const alice = Promise.resolve({ tenant: 1 });
    await open({
      authenticate: ({ headers }) => library(headers.cookie === undefined ? never : alice),
      authenticateDeadlineMs: 20,
    });
    expect((await get(COOKIE)).json()).toMatchObject({ of: "1" });
    expect((await get({})).json()).toMatchObject({ status: 503, code: "sign_in_unavailable" });
  });

  it("counts requests by tenant and subject, and by address what lets nobody in", async () => {
    await open({ requestsPerMinute: 1, addressRefusalsPerMinute: 1 });
    const statuses = async (headers: Record<string, string>): Promise<readonly number[]> => {
      const all: number[] = [];
      for (let n = 0; n < 12; n++) all.push((await get(headers)).statusCode);
      return [...new Set(all)];
    };
    expect(await statuses(COOKIE)).toEqual([200, 429]);
    expect(await statuses(KEY)).toEqual([200, 429]);
    expect(await statuses({})).toEqual([401, 429]);
  });
});

describe("a request that changes something, signed in by the application", () => {
  const ORIGINS = ["https://shop.example"];
  const CHANGES = [
    ["POST", "/api/v1/jobs/"],
    ["POST", "/media/videos/"],
    ["POST", "/api/v1/jobs/a/cancel/"],
    ["POST", "/api/v1/watch-token/"],
    ["DELETE", "/mine"],
    ["PUT", "/mine"],
    ["PATCH", "/mine"],
  ] as const;
  const FORMS = ["application/json", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded"];

  const openWithMine = (options: TestOptions = {}) =>
    open({
      allowedOrigins: ORIGINS,
      extend: (own) => {
        const route = { config: { scope: "mine" }, url: "/mine", handler: async () => "changed" };
        own.route({ ...route, method: ["DELETE", "PUT", "PATCH"] });
      },
      ...options,
    });

  it.each<[Record<string, string>, boolean]>([
    [{ ...COOKIE, origin: "http://app.example" }, true],
    [{ ...COOKIE, origin: "https://app.example" }, true], // TLS ends at a proxy
    [{ ...COOKIE, origin: "https://shop.example" }, true],
    [KEY, true],
    [{ ...KEY, origin: "http://app.example" }, true],
    [COOKIE, false],
    [{ ...COOKIE, origin: "null" }, false],
    [{ ...COOKIE, origin: "" }, false],
    [{ ...COOKIE, origin: "https://evil.example" }, false],
    [{ ...COOKIE, origin: "http://app.example.evil.example" }, false],
    [{ ...COOKIE, origin: "http://app.example:81" }, false],
    [{ ...COOKIE, origin: "https://shop.example:444" }, false],
    [{ ...COOKIE, origin: "http://shop.example" }, false],
    [{ ...KEY, origin: "https://evil.example" }, false], // a browser, whatever it is signed in by
    [{ ...KEY, "sec-fetch-site": "cross-site" }, false],
    [{ ...KEY, cookie: "theme=dark" }, false],
  ])("is let through as its page is: %j", async (headers, allowed) => {
    await openWithMine();
    for (const [method, url] of CHANGES) {
      for (const type of FORMS) {
        const sent = { ...headers, host: "app.example", "content-type": type };
        const answer = await test.server.inject({ method, url, headers: sent, payload: "--b--" });
        const refused = answer.statusCode === 403 && answer.json().code === "origin_not_allowed";
        expect([method, url, type, !refused]).toEqual([method, url, type, allowed]);
      }
    }
    if (!allowed) expect(test.records.statements).toEqual([]);
  });

  it("is asked nothing when it only reads, and nothing when a token of ours signs it in", async () => {
    await openWithMine();
    expect((await get({ ...COOKIE, origin: "https://evil.example" })).statusCode).toBe(200);
    const token = await signedIn(1);
    expect((await submit({ ...token, ...COOKIE, origin: "https://evil.example" })).statusCode).toBe(202);
  });

  it("must come from an https page where the server is reached by https", async () => {
    await openWithMine();
    const by = async (scheme: string) => {
      const headers = { ...COOKIE, "x-forwarded-proto": "https", host: "app.example" };
      return (await submit({ ...headers, origin: `${scheme}://app.example` })).statusCode;
    };
    expect([await by("https"), await by("http")]).toEqual([202, 403]);
  });

  it("lets allowed pages of other origins send cookies, and no others", async () => {
    await openWithMine();
    const preflight = async (origin: string) => {
      const headers = { origin, "access-control-request-method": "DELETE" };
      const answer = await test.server.inject({ method: "OPTIONS", url: "/mine", headers });
      return [
        answer.headers["access-control-allow-origin"],
        answer.headers["access-control-allow-credentials"],
      ];
    };
    expect(await preflight("https://shop.example")).toEqual(["https://shop.example", "true"]);
    expect((await preflight("https://evil.example"))[0]).toBeUndefined();
  });
});

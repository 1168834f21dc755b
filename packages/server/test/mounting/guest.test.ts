import multipart from "@fastify/multipart";
import swagger from "@fastify/swagger";
import { jobRef } from "@statusplane/core";
import { connect, type AddressInfo } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statusplane } from "../../src/index.ts";
import { FakeStatusStore, jobsOver, SECRET, signedIn } from "../fakes/index.ts";

const AT = "2026-03-01T00:00:00.000Z";
const FORM = '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n';
const FORM_TYPE = { "content-type": "multipart/form-data; boundary=b" };

let app: FastifyInstance;
let one: { authorization: string };
const seen: string[] = [];
const identities = new Set<unknown>();

/** An application with everything of its own that could be in the way, or be lost. */
beforeEach(async () => {
  seen.length = 0;
  identities.clear();
  one = await signedIn(1);
  app = Fastify();
  await app.register(multipart, { attachFieldsToBody: "keyValues" });
  await app.register(swagger, { openapi: { info: { title: "shop", version: "1" } } });
  app.decorateRequest("identity", "the shop's");
  app.addHook("onRequest", async (request) => void seen.push(request.url));
  app.addHook(
    "onResponse",
    async (request) => void identities.add((request as { identity?: unknown }).identity),
  );
  app.addContentTypeParser("text/csv", { parseAs: "string" }, (_request, text, done) => done(null, text));
  app.setErrorHandler((error, _request, reply) => reply.code(418).send({ shop: (error as Error).message }));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ shop: "nothing here" }));
  app.get("/api/v1/orders", async (request) => ({ identity: (request as { identity?: unknown }).identity }));
  app.post("/orders", async (request) => ({ body: request.body }));
  app.post("/fails", async () => Promise.reject(new Error("sold out")));
});
afterEach(() => app.close());

const post = (url: string, type: string, payload: string, headers: Record<string, string> = {}) =>
  app.inject({ method: "POST", url, headers: { "content-type": type, ...headers }, payload });

/** A store that says of every tenant's job `a` which store it is. */
function storeNamed(name: string): FakeStatusStore {
  const store = new FakeStatusStore();
  for (const tenant of ["1", "2"]) {
    const text = `{"attempt":1,"version":0,"status":"PENDING","job_id":"a","store":"${name}"}`;
    store.putText(jobRef(tenant, "job", "a"), { attempt: 1, version: 0, status: "PENDING", text });
  }
  return store;
}

describe("an application that mounts Statusplane without a prefix", () => {
  let jobs: ReturnType<typeof jobsOver>;
  beforeEach(async () => {
    jobs = jobsOver();
    await app.register(statusplane, jobs.options);
  });
  afterEach(() => jobs.files.remove());

  it("keeps its parsers, handlers, hooks, decorators and its document", async () => {
    expect((await post("/orders", "text/csv", "a,b")).json()).toEqual({ body: "a,b" });
    expect((await post("/orders", "text/plain", "a")).json()).toEqual({ body: "a" });
    expect((await post("/orders", FORM_TYPE["content-type"], FORM)).json()).toEqual({ body: { a: "1" } });
    const deep = `{"a":${"[".repeat(50)}${"]".repeat(50)}}`;
    expect((await post("/orders", "application/json", deep)).statusCode).toBe(200);
    const failed = await post("/fails", "application/json", "{}");
    expect([failed.statusCode, failed.json()]).toEqual([418, { shop: "sold out" }]);
    expect(failed.headers["x-content-type-options"]).toBeUndefined();
    expect((await app.inject("/api/v1/orders")).json()).toEqual({ identity: "the shop's" });
    for (const url of ["/nowhere", "/api/v1/nowhere"]) {
      expect((await app.inject(url)).json()).toEqual({ shop: "nothing here" });
    }
    expect(seen).toContain("/orders");
    expect(Object.keys(app.swagger().paths ?? {}).toSorted()).toEqual([
      "/api/v1/orders",
      "/fails",
      "/orders",
    ]);
  });

  it("finds its own rules in none of Statusplane's routes", async () => {
    expect((await post("/api/v1/jobs/", "text/csv", "a,b", one)).json()).toMatchObject({ status: 415 });
    const deep = `{"job_type":"notice","payload":${"[".repeat(50)}${"]".repeat(50)}}`;
    expect((await post("/api/v1/jobs/", "application/json", deep, one)).json().code).toBe("body_too_deep");
    const form = FORM.replace('name="a"', 'name="job_type"').replace("\r\n1\r\n", "\r\nnotice\r\n");
    const answer = await post("/api/v1/jobs/", FORM_TYPE["content-type"], form, one);
    expect(answer.json()).toMatchObject({ status: 422, code: "invalid_payload" }); // read, and known as a notice
    const missing = await app.inject({ url: "/api/v1/jobs/a/progress/", headers: one });
    expect(missing.json()).toMatchObject({ status: 404, code: "not_found" });
    expect(missing.headers["x-content-type-options"]).toBe("nosniff");
    expect(seen).toContain("/api/v1/jobs/a/progress/");
    expect([...identities]).toEqual(["the shop's"]);
  });

  it("reads what is left of a body that was answered early, and then ends the connection", async () => {
    await app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = app.server.address() as AddressInfo;
    const heard = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(port, "127.0.0.1");
      socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      socket.on("close", () => resolve(text)).on("error", reject);
      const mib = "x".repeat(1_048_576);
      socket.write(
        `POST /media/videos/ HTTP/1.1\r\nHost: x\r\nAuthorization: ${one.authorization}\r\n` +
          `Content-Type: ${FORM_TYPE["content-type"]}\r\nContent-Length: ${8 * mib.length}\r\n\r\n` +
          `--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nnothing to render ${mib}`,
      );
      for (let n = 0; n < 6; n++) socket.write(mib);
      socket.end();
    });
    expect(heard).toContain('"not_renderable"');
    expect(heard.toLowerCase()).toContain("connection: close");
  });

  it("is told when it read a body before, instead of waiting for it for ever", async () => {
    const early = Fastify();
    early.addHook("onRequest", async ({ raw }) => {
      for await (const _chunk of raw); // as a body parser ahead of the mount does
    });
    await early.register(statusplane, jobs.options);
    const answer = await early.inject({
      ...{ method: "POST", url: "/api/v1/jobs/", headers: one },
      payload: { job_type: "notice", payload: { to: 1 } },
    });
    expect(answer.json()).toMatchObject({ status: 500, code: "internal_error" });
    await early.close();
  });
});

describe("an application that mounts watching alone, without a prefix", () => {
  it("says of the platform's other addresses that they are not served here, and keeps all others", async () => {
    const signIn = { kind: "secret", secret: SECRET } as const;
    await app.register(statusplane, { store: { reader: storeNamed("a") }, signIn });
    const get = async (url: string) => (await app.inject({ url, headers: one })).json();
    expect(await get("/api/v1/jobs/a/progress/")).toMatchObject({ store: "a" });
    for (const url of [
      "/api/v1/jobs/a/",
      "/api/v1/jobs/a",
      "/media/videos/",
      "/media/hls/a/b",
      "/api/v1/demo/",
    ]) {
      expect([url, await get(url)]).toMatchObject([url, { status: 404, code: "not_served_here" }]);
    }
    const submit = await post("/api/v1/jobs/", "application/json", "{}");
    expect(submit.json()).toMatchObject({ status: 404, code: "not_served_here" });
    expect(await get("/api/v1/nowhere")).toEqual({ shop: "nothing here" });
    expect(await get("/api/v1/orders")).toEqual({ identity: "the shop's" });
  });
});

describe("an application that mounts Statusplane twice", () => {
  it("has two stores behind two prefixes, each with a sign-in of its own", async () => {
    const signIn = { kind: "secret", secret: SECRET } as const;
    await app.register(statusplane, { prefix: "/a", store: { reader: storeNamed("a") }, signIn });
    const authenticate = () => ({ tenant: 2 });
    await app.register(statusplane, { prefix: "/b/", store: { reader: storeNamed("b") }, authenticate });
    const url = "api/v1/jobs/a/progress/";
    expect((await app.inject({ url: `/a/${url}`, headers: one })).json()).toMatchObject({ store: "a" });
    expect((await app.inject(`/b/${url}`)).json()).toMatchObject({ store: "b" });
    expect((await app.inject(`/a/${url}`)).json()).toMatchObject({ status: 401 });
    expect((await app.inject("/a/nowhere")).json()).toMatchObject({ code: "not_served_here" });
    const wrong = await app.inject({ method: "PUT", url: `/b/${url}` });
    expect([wrong.json().code, wrong.headers.allow]).toEqual(["method_not_allowed", "GET, HEAD"]);
    expect((await app.inject("/nowhere")).json()).toEqual({ shop: "nothing here" });
    expect((await app.inject("/fails")).json()).toEqual({ shop: "nothing here" });
    expect((await post("/fails", "application/json", "{}")).json()).toEqual({ shop: "sold out" });
  });
});

describe("the address of a large result", () => {
  it("has the prefix in the snapshot, alone and in a batch, and in the detail; nothing else of it changes", async () => {
    const { options, store, files } = jobsOver();
    const ref = jobRef("1", "job", "a");
    store.put({
      ...{ ref, jobType: "tally", title: null, attempt: 1, updatedAt: AT, status: "DONE" },
      result: { kind: "large", bytes: 9_000, text: "[1]" },
    });
    store.putResult(jobRef("1", "job", "a"), "[1]");
    const inline = { result_url: "/mine" };
    store.put({
      ...{
        ref: jobRef("1", "job", "b"),
        jobType: "tally",
        title: null,
        attempt: 1,
        updatedAt: AT,
        status: "DONE",
      },
      result: { kind: "inline", value: inline },
    });
    await app.register(statusplane, { ...options, prefix: "/status" });
    const get = async (url: string) => (await app.inject({ url: `/status${url}`, headers: one })).json();
    const url = "/status/api/v1/jobs/a/result/";
    expect(await get("/api/v1/jobs/a/progress/")).toMatchObject({
      status: "DONE",
      result: null,
      result_url: url,
    });
    expect((await get("/api/v1/progress/?jobs=a")).jobs.a).toMatchObject({ result_url: url });
    expect((await get("/api/v1/jobs/b/progress/")).result).toEqual(inline);
    expect((await app.inject({ url, headers: one })).body).toBe("[1]");
    files.remove();
  });
});

describe("an application whose router takes no notice of a slash at the end", () => {
  it.each([{ ignoreTrailingSlash: true }, { routerOptions: { ignoreTrailingSlash: true } }])(
    "mounts as any other: %j",
    async (router) => {
      const lenient = Fastify(router);
      const signIn = { kind: "secret", secret: SECRET } as const;
      await lenient.register(statusplane, { store: { reader: storeNamed("a") }, signIn });
      for (const url of ["/api/v1/jobs/a/progress", "/api/v1/jobs/a/progress/"]) {
        expect((await lenient.inject({ url, headers: one })).json()).toMatchObject({ store: "a" });
      }
      await lenient.close();
    },
  );
});

describe("an application's log", () => {
  it("shows no address that plays", async () => {
    const lines: string[] = [];
    const logging = Fastify({ logger: { stream: { write: (line: string) => void lines.push(line) } } });
    const { options, store, files } = jobsOver();
    const ref = jobRef("1", "video", "42");
    const ready = { status: "READY", outputPath: "1/42/1/main.list", durationSeconds: 8 } as const;
    store.put({ ...{ ref, jobType: "render", title: null, attempt: 1, updatedAt: AT, ...ready } });
    await files.writeOutput(ref, 1, "main.list", "list");
    await logging.register(statusplane, { ...options, prefix: "/status" });
    const playback = await logging.inject({ url: "/status/media/videos/42/playback/", headers: one });
    const url: string = playback.json().hls_url;
    expect((await logging.inject(`${url}?x=1`)).body).toBe("list");
    expect(lines.join("")).toContain("/status/media/hls/[signature]/main.list");
    expect(lines.join("")).not.toContain(url.split("/")[4]);
    await logging.close();
    files.remove();
  });
});

describe("what is missing", () => {
  it("fails the start: a sign-in, a secret to sign with, a scope of an application's route", async () => {
    const { options, files } = jobsOver();
    const { signIn: _1, ...nobody } = options;
    const start = async (given: Parameters<typeof statusplane>[1]) => {
      const server = Fastify();
      await server.register(statusplane, given);
    };
    await expect(start(nobody)).rejects.toThrow(/signIn, authenticate/);
    await expect(start({ ...nobody, authenticate: () => null })).rejects.toThrow(/signingSecret/);
    await expect(start({ ...nobody, authenticate: () => null, signingSecret: "short" })).rejects.toThrow(
      /32/,
    );
    const extend = (own: FastifyInstance): void => void own.get("/mine", async () => "mine");
    await expect(start({ ...options, extend })).rejects.toThrow(/GET \/mine needs config/);
    files.remove();
  });
});

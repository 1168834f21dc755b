import Fastify, { type FastifyInstance } from "fastify";
import { connect as connectHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statusplane, type JobsOptions } from "../../src/index.ts";
import { FakeStatusStore, jobsOver, signedIn } from "../fakes/index.ts";

const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "multipart/form-data; boundary=b" };

let one: { authorization: string };
let jobs: ReturnType<typeof jobsOver>;
let app: FastifyInstance;
beforeEach(async () => {
  one = await signedIn(1);
  jobs = jobsOver();
});
afterEach(async () => {
  await app.close();
  jobs.files.remove();
});

const mountOn = async (server: FastifyInstance, options: Partial<JobsOptions> & { prefix?: string } = {}) => {
  app = server;
  await app.register(statusplane, { ...jobs.options, prefix: "/status", ...options });
  await app.ready();
};

describe("an application's settings", () => {
  it("do not serialize answers", async () => {
    const server = Fastify();
    server.setReplySerializer((payload) => `shop ${JSON.stringify(payload)}`);
    server.get("/mine", async () => ({ a: 1 }));
    await mountOn(server);
    const types = await app.inject({ url: "/status/api/v1/job-types/", headers: one });
    expect(Object.keys(types.json())).not.toEqual([]);
    expect((await app.inject("/mine")).body).toBe('shop {"a":1}');
  });

  it("may make anything of a query, which is then no fault of the server", async () => {
    const querystringParser = () => ({ jobs: { a: "1" } });
    await mountOn(Fastify({ routerOptions: { querystringParser } }));
    const answer = await app.inject({ url: "/status/api/v1/progress/?jobs[a]=1", headers: one });
    expect(answer.json()).toMatchObject({ status: 400, code: "invalid_request" });
  });
});

describe("a body that something else has read", () => {
  const BODY = JSON.stringify({ job_type: "notice", payload: { to: 1 } });
  it.each<[string, Record<string, string>, string]>([
    ["with a length", JSON_TYPE, BODY],
    ["in chunks", { ...JSON_TYPE, "transfer-encoding": "chunked" }, BODY],
    ["of nothing, with a type", { ...JSON_TYPE, "content-length": "0" }, ""],
  ])("is not waited for: %s", async (_name, headers, payload) => {
    const server = Fastify();
    server.addHook("onRequest", async ({ raw }) => {
      for await (const _chunk of raw); // as a body parser ahead of the mount does
    });
    await mountOn(server);
    const sent = { ...headers, ...one };
    const url = "/status/api/v1/jobs/";
    const chunks = "transfer-encoding" in headers;
    const body = chunks ? Readable.from([payload]) : payload; // of a stream no length is known
    const answer = await app.inject({ method: "POST", url, headers: sent, payload: body });
    expect(answer.json()).toMatchObject({ status: 500, code: "internal_error" });
  });
});

describe("an application of HTTP/2", () => {
  it("answers an upload early, reads the rest of it away and keeps the connection", async () => {
    await mountOn(Fastify({ http2: true }) as unknown as FastifyInstance);
    await app.listen({ port: 0, host: "127.0.0.1" });
    const session = connectHttp2(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
    const ask = (headers: Record<string, string>, body: string): Promise<string> =>
      new Promise((resolve, reject) => {
        let text = "";
        const stream = session.request({ ...headers, ...one }, { endStream: body === "" });
        stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        stream.on("close", () => resolve(text)).on("error", reject);
        if (body !== "") stream.end(body);
      });
    const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nnothing to render';
    const body = head + "x".repeat(3_000_000);
    const upload = { ":method": "POST", ":path": "/status/media/videos/", ...FORM_TYPE };
    try {
      const early = await ask({ ...upload, "content-length": String(body.length) }, body);
      expect(early).toContain("not_renderable");
      expect(await ask({ ":path": "/status/api/v1/job-types/" }, "")).toContain("notice");
    } finally {
      session.destroy();
    }
  });
});

describe("what is not served here", () => {
  it.each<[string, Record<string, string>, string]>([
    ["/media/videos/", FORM_TYPE, "--b--\r\n"],
    ["/api/v1/jobs/", FORM_TYPE, "--b--\r\n"],
    ["/api/v1/jobs/", JSON_TYPE, "{"],
    ["/api/v1/jobs/", JSON_TYPE, `"${"x".repeat(70_000)}"`],
    ["/api/v1/jobs/a/retry/", { "content-type": "text/csv" }, "a,b"],
  ])("is told whatever is sent: %s %j", async (url, headers, payload) => {
    app = Fastify();
    const watching = { store: { reader: new FakeStatusStore() }, authenticate: () => ({ tenant: 1 }) };
    await app.register(statusplane, { ...watching, prefix: "/status" });
    const answer = await app.inject({ method: "POST", url: `/status${url}`, headers, payload });
    expect(answer.json()).toMatchObject({ status: 404, code: "not_served_here" });
  });
});

describe("a prefix", () => {
  it.each(["/shops/:shop", "//status", "/status*", "/상태", "/a b"])(
    "that addresses in answers could not begin with fails the start: %s",
    async (prefix) => {
      await expect(mountOn(Fastify(), { prefix })).rejects.toThrow(/prefix/);
    },
  );

  it.each(["/a/b", "/a/b/", "/", "a"])("is where its addresses are: %s", async (prefix) => {
    await mountOn(Fastify(), { prefix });
    const base = `/${prefix}`.replace(/\/+/g, "/").replace(/\/$/, "");
    const answer = await app.inject({
      ...{ method: "POST", url: `${base}/api/v1/jobs/`, headers: one },
      payload: { job_type: "notice", payload: { to: 1 } },
    });
    const { detail_url: url, job_id: id } = answer.json<{ detail_url: string; job_id: string }>();
    expect((await app.inject({ url, headers: one })).json()).toMatchObject({ job_id: id });
  });
});

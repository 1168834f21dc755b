import { encodeSnapshot, jobRef } from "@statusplane/core";
import { openMemoryStatusStore } from "@statusplane/memory";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { StatusplaneOptions } from "@statusplane/server";
import { FakeStatusStore, jobsOver, SECRET, signedToken } from "../fakes/index.ts";
import { CLIENTS } from "../watch/stream-clients.ts";
import { signInBy } from "./guide/authenticate.ts";
import { onExpress } from "./guide/express.ts";
import { onFastify } from "./guide/fastify.ts";
import { onNodeHttp } from "./guide/node-http.ts";

const GUIDE = resolve(import.meta.dirname, "../../../../docs/guides/mounting.md");
const sessions = new Map([["s1", { companyId: 1, email: "alice@shop.example", isAdmin: true }]]);
const authenticate = signInBy(sessions, new Map([["key-of-2", "2"]]));
const ALICE = { cookie: "session=s1" };
const AT = "2026-03-01T00:00:00.000Z";
const PENDING = { attempt: 1, version: 0, status: "PENDING" } as const;

let close: () => Promise<void> | void = () => undefined;
afterEach(async () => close());

type Serve = (
  options: StatusplaneOptions,
) => Promise<{ readonly server: Server; readonly close: () => Promise<void> }>;
const SERVERS: readonly (readonly [name: string, serve: Serve])[] = [
  ["Fastify", onFastify],
  ["Express", onExpress],
  ["node:http", onNodeHttp],
];

/** The members of a body, and `headers`. */
type Answer = Readonly<Record<string, unknown>> & { readonly headers: Headers };

/** Asks a server that really listens. */
async function listening(serve: Serve, options: StatusplaneOptions) {
  const { server, ...served } = await serve(options);
  close = served.close;
  const base = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    base,
    ask: (path: string, init: RequestInit = {}) => fetch(base + path, init),
    json: async (path: string, init: RequestInit = {}): Promise<Answer> => {
      const answer = await fetch(base + path, init);
      const body = (await answer.json()) as Record<string, unknown>;
      return { status: answer.status, headers: answer.headers, ...body };
    },
  };
}

describe("the guide to mounting", () => {
  it("shows exactly what these tests run", () => {
    const shown = [...readFileSync(GUIDE, "utf8").matchAll(/```ts\n([^]*?)```/g)].map(([, text]) => text);
    const folder = join(import.meta.dirname, "guide");
    const run = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    expect(existsSync(GUIDE)).toBe(true);
    expect(shown.toSorted()).toEqual(run.toSorted());
  });
});

describe.each(SERVERS)("mounted on %s", (_name, serve) => {
  it("with a reader alone it serves watching, and says of the rest that it is not served here", async () => {
    const store = new FakeStatusStore();
    store.putText(jobRef("1", "job", "a"), { ...PENDING, text: '{"attempt":1,"job_id":"a"}' });
    const { ask, json } = await listening(serve, { store: { reader: store }, authenticate });
    for (const url of ["/status/api/v1/jobs/a/progress/", "/status/api/v1/jobs/a/progress"]) {
      expect(await json(url, { headers: ALICE })).toMatchObject({ status: 200, job_id: "a" });
    }
    expect(await json("/status/api/v1/progress/?active=1", { headers: ALICE })).toMatchObject({
      status: 200,
    });
    expect(await json("/status/api/v1/jobs/a/progress/")).toMatchObject({
      status: 401,
      code: "unauthenticated",
    });
    const elsewhere = { status: 404, code: "not_served_here" };
    for (const url of [
      "/api/v1/jobs/a/",
      "/api/v1/jobs/",
      "/media/videos/1/playback/",
      "/media/hls/x/y",
      "/x",
    ]) {
      expect([url, await json(`/status${url}`, { headers: ALICE })]).toMatchObject([url, elsewhere]);
    }
    const post = { method: "POST", headers: { "x-api-key": "key-of-2" } };
    expect(await json("/status/api/v1/jobs/", post)).toMatchObject(elsewhere);
    expect(await (await ask("/")).text()).toBe("the shop");
  });

  it("pushes what changes below its prefix, by SSE and by WebSocket, and ends with its server", async () => {
    const store = openMemoryStatusStore();
    const { base } = await listening(serve, { store, signIn: { kind: "secret", secret: SECRET } });
    const video = jobRef("1", "video", "42");
    const snapshot = { ref: video, jobType: "render", title: null, attempt: 1, updatedAt: AT } as const;
    await store.writer.write("announce", encodeSnapshot({ ...snapshot, status: "PENDING", nextTry: null }));
    const open = {
      base,
      prefix: "/status",
      token: await signedToken({ tenant_id: 1 }),
      ask: { videos: ["42"] },
    };
    const clients = await Promise.all(CLIENTS.map(([, openClient]) => openClient(open)));
    for (const client of clients) await client.until("ready");
    const progress = { percent: 7, remainingSeconds: null, step: null };
    await store.writer.write(
      "progress",
      encodeSnapshot({ ...snapshot, status: "PROCESSING", version: 7, progress }),
    );
    for (const client of clients) await client.until("video:42 1.7");
    await close();
    close = () => undefined;
    for (const client of clients) await client.over();
    expect(clients.map(({ said }) => said.slice(-2))).toEqual(
      clients.map(() => ["video:42 1.7", "bye leaving"]),
    );
  });

  it("with everything it takes work, and each address that it names has the prefix and works", async () => {
    const { options, store, records, files } = jobsOver();
    const { signIn: _1, ...own } = options;
    const { base, ask, json } = await listening(serve, { ...own, authenticate, signingSecret: SECRET });
    const key = { "x-api-key": "key-of-2" };
    const submitted = await json("/status/api/v1/jobs/", {
      method: "POST",
      headers: { ...key, "content-type": "application/json" },
      body: JSON.stringify({ job_type: "notice", payload: { to: "all" } }),
    });
    const at = `/status/api/v1/jobs/${submitted["job_id"] as string}/`;
    expect(submitted).toMatchObject({ status: "PENDING", progress_url: `${at}progress/`, detail_url: at });
    expect(submitted.headers.get("location")).toBe(at);
    expect(await json(`${at}progress/`, { headers: key })).toMatchObject({ status: "PENDING" });
    expect(await json(at, { headers: key })).toMatchObject({ status: "PENDING", tenant_id: "2" });
    const form = new FormData();
    form.set("file", new Blob([`video${"x".repeat(3 * 1024 ** 2)}`]), "a.bin"); // more than a server takes by itself
    const film = await json("/status/media/videos/", {
      method: "POST",
      headers: { ...ALICE, origin: base },
      body: form,
    });
    expect(film).toMatchObject({
      status: "PENDING",
      detail_url: `/status/media/videos/${film["id"] as string}/`,
    });
    const ref = jobRef("1", "video", String(film["id"]));
    store.put({
      ...{ ref, jobType: "render", title: null, attempt: 1, updatedAt: "2026-03-01T00:00:00.000Z" },
      ...{ status: "READY", outputPath: "1/x/1/main.list", durationSeconds: 8 },
    });
    await files.writeOutput(ref, 1, "main.list", "list");
    const playback = await json(`/status/media/videos/${ref.id}/playback/`, { headers: ALICE });
    expect(playback["hls_url"]).toMatch(/^\/status\/media\/hls\/[\w.-]+\/main\.list$/);
    expect(await (await ask(String(playback["hls_url"]))).text()).toBe("list");
    expect([...records.rows.values()].map(({ createdBy }) => createdBy)).toEqual([
      null,
      "alice@shop.example",
    ]);
    const refused = await json("/status/media/videos/", {
      method: "POST",
      headers: { ...ALICE, origin: base },
    });
    expect(refused).toMatchObject({ status: 415 });
    expect(await json("/status/nowhere")).toMatchObject({ status: 404, code: "route_not_found" });
    files.remove();
  });
});

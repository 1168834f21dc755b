import { jobRef, snapshotOfRecord, type JobRecord, type JobRef } from "@statusplane/core";
import { DEFAULT_POLICY } from "@statusplane/core/wire";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireTenant } from "../src/index.ts";
import {
  openTestServer,
  recordOf,
  signedIn,
  startCachingProxy,
  type CachingProxy,
  type TestServer,
} from "./fakes/index.ts";

/** What has no tenant's data, or is not found by a token. */
const NOBODYS = /^\/(?:healthz|readyz|metrics|media\/hls\/.*|api\/v1\/job-types\/|api\/v1\/ws\/)$/;
const ID = "42";
const FILE = "report.csv";

let test: TestServer;
let proxy: CachingProxy | undefined;
let tenants: readonly { authorization: string }[];
beforeEach(async () => {
  test = await openTestServer({
    extend: (signedIn) => {
      // what a route would answer that forgot all of it
      signedIn.get("/careless", { config: { scope: "careless" } }, async (request, reply) => {
        reply.removeHeader("vary");
        return reply.header("cache-control", "max-age=60").send({ tenant: requireTenant(request) });
      });
    },
  });
  tenants = [await signedIn("one"), await signedIn("two")];
  for (const tenant of ["one", "two"]) await give(tenant);
  for (const [index, headers] of tenants.entries()) await watchSome(headers, index + 1);
  await test.server.listen({ port: 0, host: "127.0.0.1" });
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
  await test.close();
});

/** A READY video and a DONE job under equal ids, with what differs by tenant. */
async function give(tenant: string): Promise<void> {
  await test.files.writeOutput(jobRef(tenant, "job", ID), 1, FILE, tenant);
  const common = { attempt: 1, title: tenant, createdBy: tenant };
  put(jobRef(tenant, "video", ID), {
    ...common,
    status: "READY",
    result: { kind: "inline", value: { hls_path: `${tenant}/42/1/main.list`, duration: 100 } },
  });
  put(jobRef(tenant, "job", ID), {
    ...common,
    status: "DONE",
    result: { kind: "inline", value: { of: tenant } },
    files: [{ name: FILE, bytes: tenant.length }],
  });
  test.store.put(snapshotOfRecord(recordOf(jobRef(tenant, "job", `live-${tenant}`))));
}

/** Each tenant's viewer has seen as many seconds as its policy asks for percents. */
async function watchSome(headers: Readonly<Record<string, string>>, seconds: number): Promise<void> {
  const ask = async (method: "GET" | "POST" | "PUT", url: string, payload?: object): Promise<void> => {
    const answer = await test.server.inject({ method, url, headers, ...(payload && { payload }) });
    expect([url, answer.statusCode]).toEqual([url, 200]);
  };
  await ask("GET", `/api/v1/views/${ID}/`);
  const report = { video: ID, player: "p", ranges: [[0, seconds]], position: seconds };
  await ask("POST", "/api/v1/views/", { reports: [report] });
  const policy = { ...DEFAULT_POLICY, attended_percent: seconds };
  for (const url of ["/api/v1/views/policy/", `/api/v1/views/${ID}/policy/`]) await ask("PUT", url, policy);
}

function put(ref: JobRef, changes: Partial<JobRecord>): void {
  const record = test.records.put(recordOf(ref, changes));
  test.store.put(snapshotOfRecord(record));
}

/** Every GET route that the server says it has, for one id that both tenants have. */
async function paths(): Promise<readonly string[]> {
  const document = (await test.server.inject("/openapi.json")).json() as {
    readonly paths: Readonly<Record<string, { readonly get?: unknown }>>;
  };
  return Object.entries(document.paths)
    .filter(([path, { get }]) => get !== undefined && !NOBODYS.test(path))
    .map(([path]) => path.replace("{id}", ID).replace("{name}", FILE))
    .flatMap((path) => {
      if (path === "/api/v1/progress/") return [`${path}?videos=${ID}&jobs=${ID}`, `${path}?active=1`];
      if (/^\/api\/v1\/views\/(?:live\/)?$/.test(path)) return [`${path}?videos=${ID}`];
      return path === "/api/v1/events/" ? [`${path}?videos=${ID}&jobs=${ID}`] : [path]; // it ends: both have
    });
}

async function answers(base: string, path: string): Promise<readonly string[]> {
  const bodies: string[] = [];
  for (const headers of tenants) {
    const response = await fetch(base + path, { headers });
    bodies.push(`${response.status} ${await response.text()}`);
  }
  return bodies;
}

describe.each(["cache-control", "vary"] as const)("behind a cache that heeds %s alone", (habit) => {
  it("each tenant gets its own answers of every route, first and again", async () => {
    const { port } = test.server.server.address() as AddressInfo;
    proxy = await startCachingProxy(port, habit);
    const asked = await paths();
    expect(asked.length).toBeGreaterThanOrEqual(9);
    for (const path of asked.filter((each) => each !== "/careless")) {
      const direct = await answers(`http://127.0.0.1:${port}`, path);
      expect(direct[0], path).not.toBe(direct[1]); // else a mix-up could not be seen
      expect(
        direct.map((each) => each.slice(0, 3)),
        path,
      ).toEqual(["200", "200"]);
      for (const when of ["first", "again"]) {
        const [one, two] = await answers(proxy.url, path);
        // signed addresses end at another second: they name their tenant all the same
        expect([unsigned(one), unsigned(two)], `${when}: ${path}`).toEqual(direct.map(unsigned));
      }
    }
    expect(proxy.hits() > 0).toBe(habit === "vary");
  });

  it("a route that forgot both would be seen to mix tenants", async () => {
    const { port } = test.server.server.address() as AddressInfo;
    proxy = await startCachingProxy(port, habit);
    const [one, two] = await answers(proxy.url, "/careless");
    expect(two).toBe(one);
    expect(proxy.hits()).toBe(1);
  });

  it("no error of one is answered to another", async () => {
    const { port } = test.server.server.address() as AddressInfo;
    proxy = await startCachingProxy(port, habit);
    test.records.forget(jobRef("one", "job", ID));
    test.store.forget(jobRef("one", "job", ID));
    for (const path of [`/api/v1/jobs/${ID}`, `/api/v1/jobs/${ID}/progress`]) {
      expect((await answers(proxy.url, path)).map((each) => each.slice(0, 3))).toEqual(["404", "200"]);
    }
  });
});

/** Without the parts that change by the second. */
function unsigned(body: string | undefined): string {
  return (body ?? "")
    .replace(/\/media\/hls\/([\w-]+)\.[\w-]+\//g, (_all, claims: string) => tenantInside(claims))
    .replace(/"expires_at":"[^"]+"/, "")
    .replace(/"cursor":"\d+"/, ""); // of the live views: a moment
}
function tenantInside(claims: string): string {
  const text = Buffer.from(claims, "base64url").toString("latin1");
  return /one|two/.exec(text)?.[0] ?? "nobody";
}

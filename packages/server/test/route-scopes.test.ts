import { jobRef } from "@statusplane/core";
import Fastify from "fastify";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROUTE_SCOPES, routeKey } from "../src/auth/index.ts";
import { statusplane } from "../src/index.ts";
import {
  DEMO_TENANTS,
  jobsOver,
  openTestServer,
  recordOf,
  signedIn,
  type TestServer,
} from "./fakes/index.ts";

const ROUTES = Object.entries(ROUTE_SCOPES).map(([key, scope]) => {
  const [method = "", path = ""] = key.split(" ");
  return { key, scope, method: method as "GET" | "POST" | "DELETE", url: path.replaceAll(/:\w+/g, "a") };
});
const GUARDED = ROUTES.filter(({ scope }) => scope !== "open");
/** A WebSocket is refused by its close code: those who do not speak it learn that alone. */
const ASKED = GUARDED.filter(({ key }) => key !== "GET /api/v1/ws");
/** What a server of its own serves beside, to anybody; `/metrics` asks for an operator. */
const OPERATORS = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"].map((path) => `GET ${path}`);

/** The routes of a tree as Fastify prints it, HEAD left out. */
function routesOf(tree: string): readonly string[] {
  const above: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const [, indent = "", segment = "", methods = ""] = /^(.*)[├└]── (\S*)(?: \((.*)\))?$/.exec(line) ?? [];
    const depth = indent.length / 4;
    above.splice(depth, Infinity, segment);
    const named = methods.split(", ").filter((method) => method !== "" && method !== "HEAD");
    return named.map((method) => routeKey(method, above.join("")));
  });
}

let test: TestServer;
beforeEach(async () => {
  test = await openTestServer({
    extend: (own) => void own.get("/mine", { config: { scope: "mine" } }, async () => "mine"),
  });
});
afterEach(() => test.close());

const ask = async (method: "GET" | "POST" | "DELETE" | "HEAD", url: string, scope?: unknown) => {
  const headers = await signedIn(1, scope === undefined ? {} : { scope });
  return test.server.inject({ method, url, headers });
};

describe("the table of routes", () => {
  it("has every route that is registered, and no other", async () => {
    const { options, files } = jobsOver();
    const registered = new Set<string>();
    const app = Fastify();
    app.addHook("onRoute", ({ method, url, config }) => {
      if (config?.isElsewhere === true) return;
      for (const each of [method].flat()) registered.add(routeKey(each, url));
    });
    await app.register(statusplane, { ...options, demoTenants: DEMO_TENANTS });
    expect([...registered].toSorted()).toEqual(Object.keys(ROUTE_SCOPES).toSorted());
    await app.close();
    files.remove();
  });

  it("and the operators' routes are all that a server of its own has", () => {
    const found = routesOf(test.server.printRoutes({ commonPrefix: false }));
    const inTable = ROUTES.map(({ key }) => key.replace("/media/hls/*", "/*")); // so it prints a wildcard
    expect(found.toSorted()).toEqual([...inTable, ...OPERATORS, "GET /mine"].toSorted());
  });

  it("is what the reference shows", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/reference/http.md"), "utf8");
    const rows = [...page.matchAll(/^\| `([A-Z]+ \S+)` +\| `(\w+)` +\|$/gm)];
    const shown = rows.map(([, route = "", scope]) => [
      route.replaceAll(/\{(\w+)\}/g, ":$1").replace(/\/$/, ""),
      scope,
    ]);
    expect(Object.fromEntries(shown)).toEqual(
      Object.fromEntries(GUARDED.map(({ key, scope }) => [key, scope])),
    );
  });
});

describe("a sign-in whose scope", () => {
  it.each(ASKED)("lacks what $key needs is refused, and let in with it", async ({ method, url, scope }) => {
    const others = ["watch", "play", "manage", "mine", "shop"].filter((each) => each !== scope).join(" ");
    const refused = await ask(method, url, others);
    expect([refused.statusCode, refused.json().code]).toEqual([403, "insufficient_scope"]);
    expect(refused.json().detail).toContain(`(${scope})`);
    expect((await ask(method, `${url}/`, [])).statusCode).toBe(403);
    if (method === "GET") expect((await ask("HEAD", url, others)).statusCode).toBe(403);
    for (const given of [scope, `x ${scope}`, ["x", scope], undefined]) {
      const answer = await ask(method, url, given);
      expect(answer.statusCode === 204 ? null : answer.json().code).not.toBe("insufficient_scope");
    }
  });

  it("lacks the application's own word is refused at its route", async () => {
    expect((await ask("GET", "/mine", "watch play manage")).json().code).toBe("insufficient_scope");
    expect((await ask("GET", "/mine", "mine")).body).toBe("mine");
    expect((await ask("GET", "/mine")).body).toBe("mine");
  });

  it.each(["", "openid profile", "WATCH", "watch,manage", []])(
    "names none of them may do nothing: %j",
    async (scope) => {
      for (const { method, url } of ASKED) expect((await ask(method, url, scope)).statusCode).toBe(403);
    },
  );

  it("does not allow to play finds no address that plays in what it may see", async () => {
    const value = { hls_path: "1/a/1/main.list", duration: 8 };
    test.records.put(
      recordOf(jobRef("1", "video", "a"), { status: "READY", result: { kind: "inline", value } }),
    );
    for (const [scope, plays] of [
      ["watch", false],
      ["watch play", true],
    ] as const) {
      const detail = (await ask("GET", "/media/videos/a/", scope)).json();
      const [item] = (await ask("GET", "/media/videos/", scope)).json().items;
      for (const body of [detail, item]) {
        expect([scope, body.hls_url !== null, body.poster_url !== null]).toEqual([scope, plays, plays]);
      }
    }
  });

  it("is narrowed leaves a watch token what it is", async () => {
    test.store.putText(jobRef("1", "job", "a"), { attempt: 1, version: 0, status: "PENDING", text: "{}" });
    const headers = await signedIn(1, { scope: "watch" });
    const payload = { jobs: ["a"] };
    const made = await test.server.inject({ method: "POST", url: "/api/v1/watch-token/", headers, payload });
    const watcher = { authorization: `Bearer ${made.json().watch_token}` };
    const seen = async (url: string) => (await test.server.inject({ url, headers: watcher })).statusCode;
    expect([
      await seen("/api/v1/jobs/a/progress/"),
      await seen("/api/v1/jobs/a/"),
      await seen("/mine"),
    ]).toEqual([200, 404, 404]);
  });
});

import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { withClient, withRedis } from "@statusplane/test-support";
import { defineJob } from "@statusplane/worker";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Application } from "../../src/application.ts";
import { databaseRisks, storeRisks } from "../../src/program/risks.ts";
import { COPIES, SECRET, StartBench, type Env } from "./start-bench.ts";

/** The settings that the project ships, as a command line. */
function shipped(name: string): string[] {
  const text = readFileSync(new URL(`../../../../examples/redis/${name}`, import.meta.url), "utf8");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.flatMap((line) => {
    const [option = "", ...values] = line.split(" ");
    return [`--${option}`, ...values.map((value) => value.replaceAll('"', ""))];
  });
}

let bench: StartBench;
beforeAll(async () => {
  bench = await StartBench.open({ status: shipped("status.conf"), queue: shipped("queue.conf") });
});
afterAll(() => bench.close());
afterEach(async () => {
  await bench.stopAll();
  await onRedis("status", { "maxmemory-policy": "allkeys-lru", appendonly: "yes", maxmemory: "512mb" });
  await onRedis("queue", { "maxmemory-policy": "noeviction" });
  await onPostgres("ALTER DATABASE postgres RESET ALL");
});

async function onRedis(which: "status" | "queue", settings: Env): Promise<void> {
  await withRedis(bench[which].url, async (redis) => {
    for (const [name, value] of Object.entries(settings)) await redis.config("SET", name, value);
  });
}
async function onPostgres(text: string): Promise<void> {
  await withClient(bench.postgres.url, (client) => client.query(text));
}
/** To the program an address like any other; this machine answers on it all the same. */
const elsewhere = (url: string): string => url.replace("127.0.0.1", "0.0.0.0");

describe("a start", () => {
  it.each(["api", "progress"] as const)(
    "of role %s is taken with STRICT=1 on the settings that are shipped",
    async (role) => {
      const program = await bench.started(role, { STRICT: "1" });
      expect(program.warned()).toEqual([]);
      expect(await (await program.get("/readyz")).json()).toMatchObject({
        ready: true,
        checks: { status_store: "ok", eviction: "ok", append_only: true, risks: [] },
      });
    },
  );

  it.each<[string, Env, Partial<Application>, boolean, string[]]>([
    ["without a page", {}, {}, false, []],
    [
      "without a page, as a demo",
      { DEMO: "1", JWT_SECRET: "" },
      {},
      false,
      ["anyone signs in as a demo tenant: POST "],
    ],
    [
      "with one, as a demo",
      { DEMO: "1", JWT_SECRET: "" },
      { webRoot: tmpdir() },
      true,
      ["anyone who opens it signs in as a demo tenant"],
    ],
  ])("sends nobody to a page that is not there: %s", async (_what, env, parts, hasPage, signIn) => {
    const { said, get } = await bench.started("api", env, { ...COPIES, ...parts });
    const [place = "", ...others] = said;
    const address = / is at (\S+)\/$/.exec(place)?.[1];
    const [noPage, ...rest] = hasPage ? [null, ...others] : others;
    if (!hasPage) expect(noPage).toBe(`it has no page (webRoot); ${address}/docs describes its API`);
    expect(rest).toEqual(signIn.map((sentence) => expect.stringContaining(sentence)));
    expect((await get("/docs")).status).toBe(200);
  });

  it.each<[string, Env, string]>([
    ["no sign-in configured", { JWT_SECRET: "" }, "JWT_SECRET or JWKS_URL"],
    ["a secret under 32 bytes", { JWT_SECRET: "x".repeat(31) }, "JWT_SECRET: must be at least 32 bytes"],
    ["a signing secret under 32 bytes", { SIGNING_SECRET: "short" }, "SIGNING_SECRET: must be at least 32"],
  ])("is refused, STRICT or not: %s", async (_what, env, problem) => {
    for (const STRICT of ["0", "1"]) {
      expect(await bench.start("api", { ...env, STRICT })).toEqual({
        outcome: "refused",
        problems: [expect.stringContaining(problem)],
      });
    }
  });

  it.each(["allkeys-lru", "volatile-ttl"])(
    "is refused, STRICT or not: a queue's Redis that evicts by %s",
    async (policy) => {
      await onRedis("queue", { "maxmemory-policy": policy });
      for (const STRICT of ["0", "1"]) {
        expect(await bench.start("api", { STRICT })).toEqual({
          outcome: "refused",
          problems: [
            `QUEUE_URL: its Redis evicts by ${policy} and would lose deliveries; set maxmemory-policy noeviction`,
          ],
        });
      }
    },
  );

  it.each<[risk: string, names: string, prepare: () => Promise<Env>]>([
    [
      "evicts_live_jobs",
      "volatile-lru",
      async () => setting("status", { "maxmemory-policy": "volatile-lru" }),
    ],
    [
      "evicts_live_jobs",
      "volatile-random",
      async () => setting("status", { "maxmemory-policy": "volatile-random" }),
    ],
    ["append_only_off", "appendonly yes", async () => setting("status", { appendonly: "no" })],
    ["status_store_open", "REDIS_URL: 0.0.0.0", async () => ({ REDIS_URL: elsewhere(bench.status.url) })],
    ["queue_open", "QUEUE_URL: 0.0.0.0", async () => ({ QUEUE_URL: elsewhere(bench.queue.url) })],
    ["commits_may_be_lost", "synchronous_commit is off", asynchronousCommits],
  ])(
    "warns of %s (%s), shows it in /readyz and /metrics, and is refused with STRICT=1",
    async (risk, names, prepare) => {
      const env = await prepare();
      const program = await bench.started("api", env);
      expect(program.warned()).toEqual([risk]);
      expect(await (await program.get("/readyz")).json()).toMatchObject({
        ready: true,
        checks: { risks: [risk] },
      });
      const metrics = await (await program.get("/metrics")).text();
      expect(metrics.match(/^statusplane_risks\{.*$/gm)).toEqual([`statusplane_risks{risk="${risk}"} 1`]);
      expect(await bench.start("api", { ...env, STRICT: "1" })).toEqual({
        outcome: "refused",
        problems: [expect.stringContaining(names)],
      });
    },
  );

  it("warns of a disk with little room, answers files with 507 before they are read, and goes on with the rest", async () => {
    const env = { MIN_FREE_BYTES: String(2 ** 50) };
    const program = await bench.started("api", env);
    expect(program.warned()).toEqual(["disk_low"]);
    expect(await (await program.get("/readyz")).json()).toMatchObject({
      ready: true,
      checks: { risks: ["disk_low"] },
    });
    const metrics = await (await program.get("/metrics")).text();
    expect(metrics).toContain('statusplane_risks{risk="disk_low"} 1');
    expect(metrics).toMatch(/^statusplane_disk_free_bytes\{of="uploads"\} [1-9]/m);
    expect(metrics).toMatch(/^statusplane_disk_free_bytes\{of="outputs"\} [1-9]/m);
    const form = new FormData();
    form.set("file", new Blob(["not even looked at"]), "a");
    const answer = await program.send("POST", "/media/videos/", form);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([507, "storage_full"]);
    expect(await bench.start("api", { ...env, STRICT: "1" })).toEqual({
      outcome: "refused",
      problems: [expect.stringMatching(/^MIN_FREE_BYTES: .*uploads has \d+ bytes free/)],
    });
  });

  it("of a worker warns of what its job types say of this machine, and is refused with STRICT=1", async () => {
    const risk = { code: "unconfined", problem: "jail: it is missing; install it" };
    const job = defineJob({ type: "risky", steps: [], run: async () => null, risks: async () => [risk] });
    const program = await bench.started("worker", {}, { jobs: [job] });
    expect(program.warned()).toEqual(["unconfined"]);
    expect(await bench.start("worker", { STRICT: "1" }, { jobs: [job] })).toEqual({
      outcome: "refused",
      problems: [risk.problem],
    });
    expect((await bench.start("api", { STRICT: "1" }, { jobs: [job] })).outcome).toBe("started"); // runs none
  });

  it("keeps the platform's tables and the application's in the schemas of DB_SCHEMA, and nothing in public", async () => {
    const DATABASE_URL = await bench.postgres.createDatabase("shared");
    const DB_SCHEMA = "second";
    const folder = new URL("./migrations/", import.meta.url);
    await bench.started(
      "api",
      { DATABASE_URL, DB_SCHEMA },
      { jobs: [], migrations: [{ name: "shop", folder }] },
    );
    await withClient(DATABASE_URL, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'",
      );
      const names = rows.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(["second.job", "second_shop.book"]));
      expect(names.filter((name) => !/^second(_shop)?\./.test(name))).toEqual([]);
    });
    expect(await bench.start("api", { DB_SCHEMA: "public" })).toMatchObject({
      outcome: "refused",
      problems: [expect.stringMatching(/^DB_SCHEMA: must be/)],
    });
  });

  it("names all risks together", async () => {
    const env = { ...(await setting("status", { appendonly: "no" })), ...(await asynchronousCommits()) };
    const refused = await bench.start("api", { ...env, STRICT: "1" });
    expect(refused).toMatchObject({
      problems: [expect.stringContaining("DATABASE_URL"), expect.stringContaining("REDIS_URL")],
    });
  });

  async function setting(which: "status" | "queue", settings: Env): Promise<Env> {
    await onRedis(which, settings);
    return {};
  }
  async function asynchronousCommits(): Promise<Env> {
    await onPostgres("ALTER DATABASE postgres SET synchronous_commit = off");
    return {};
  }
});

describe("who asks", () => {
  it("is said by the application's own sign-in, with no secret of tokens", async () => {
    const signedIn = { ...COPIES, authenticate: () => ({ tenant: 7, subject: "alice", scope: "watch" }) };
    const env = { JWT_SECRET: "", SIGNING_SECRET: SECRET };
    for (const role of ["api", "progress"] as const) {
      const program = await bench.started(role, env, signedIn);
      expect((await program.get("/api/v1/progress/?active=1")).status).toBe(200);
      expect((await program.send("POST", "/api/v1/watch-token/", { jobs: ["a"] })).status).toBe(200);
    }
    const nobody = await bench.started("progress", env, { ...COPIES, authenticate: async () => null });
    expect((await nobody.get("/api/v1/progress/?active=1")).status).toBe(401);
  });

  it("is found in the claims that the settings name", async () => {
    const submitted = async (claims: Env): Promise<unknown> => {
      const program = await bench.started("api", claims);
      return (await program.send("POST", "/api/v1/watch-token/", { jobs: ["a"] })).status;
    };
    expect(await submitted({ TENANT_CLAIM: "org" })).toBe(400); // the token has a tenant_id
    expect(await submitted({ TENANT_CLAIM: "exp", SUBJECT_CLAIM: "exp" })).toBe(200); // a number, as good as any
  });
});

describe("a store in memory", () => {
  it("has no settings to warn of", () => {
    const memory = {
      usedBytes: 1,
      maxBytes: 0,
      policy: "memory",
      appendOnly: false,
      keys: 0,
      expiringKeys: 0,
    };
    expect(storeRisks(memory)).toEqual([]);
  });
});

describe("too few connections", () => {
  it("are said where this process alone could take what Postgres should have left over", () => {
    const settings = { synchronousCommit: "on", maxConnections: 97 };
    expect(databaseRisks(settings, 86)).toEqual([]);
    expect(databaseRisks(settings, 87)).toMatchObject([{ code: "few_connections" }]);
  });
});

import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigError, printConfig, readConfig } from "../src/config/config.ts";
import { optionalVariable, variable, wholeNumber } from "../src/index.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const SHARED = {
  DATABASE_URL: "postgres://db/app",
  REDIS_URL: "redis://cache",
  QUEUE_URL: "redis://queue",
  JWT_SECRET: SECRET,
};

function problemsOf(role: string, env: Record<string, string>): readonly string[] {
  try {
    readConfig(role, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("readConfig", () => {
  it("needs nothing set: embedded, in memory, demo tenants, a kept secret", () => {
    const config = readConfig("all", {});
    expect(config).toMatchObject({
      role: "all",
      demo: true,
      database: null,
      signIn: { kind: "kept-secret" },
    });
    expect(config.values).toMatchObject({
      PORT: 3000,
      HOST: "127.0.0.1",
      REDIS_URL: null,
      DB_CONN_MAX_AGE: 20,
    });
    expect(config.values.WORKER_CONCURRENCY).toEqual({}); // each job type says its own
  });

  it.each([
    ["HOST", { HOST: "0.0.0.0" }],
    ["DATABASE_URL", { DATABASE_URL: "postgres://db/app" }],
  ])("has no demo by itself once %s says that this is not one machine's trial", (_, env) => {
    expect(problemsOf("all", env)).toEqual([expect.stringContaining("JWT_SECRET or JWKS_URL")]);
    expect(readConfig("all", { ...env, DEMO: "1" }).demo).toBe(true);
  });

  it.each([
    ["api", ["DATABASE_URL", "REDIS_URL", "QUEUE_URL"]],
    ["worker", ["DATABASE_URL", "REDIS_URL", "QUEUE_URL"]],
    ["progress", ["REDIS_URL"]],
  ])("refuses role %s without what it shares, naming all of it", (role, names) => {
    const problems = problemsOf(role, { JWT_SECRET: SECRET });
    expect(problems.map((line) => line.split(":")[0])).toEqual(names);
  });

  it("gives role progress no database even when one is set, and role worker no sign-in", () => {
    expect(readConfig("progress", SHARED).database).toBeUndefined();
    expect(readConfig("worker", SHARED).signIn).toBeNull();
  });

  it("wants a signing secret beside a key set, and one way of sign-in", () => {
    const jwks = { JWKS_URL: "https://id.example/jwks" };
    expect(problemsOf("all", jwks)).toEqual([expect.stringContaining("SIGNING_SECRET")]);
    expect(readConfig("all", { ...jwks, SIGNING_SECRET: SECRET }).signIn).toMatchObject({ kind: "jwks" });
    expect(problemsOf("all", { ...jwks, JWT_SECRET: SECRET, SIGNING_SECRET: SECRET })).toHaveLength(1);
  });

  it("needs no token of an application that signs people in itself, but something to sign with", () => {
    const own = { authenticate: () => null };
    const { JWT_SECRET: _1, ...shared } = SHARED;
    expect(readConfig("all", {}, own)).toMatchObject({ demo: false, signIn: null });
    expect(readConfig("progress", shared, own).signIn).toBeNull();
    expect(() => readConfig("api", shared, own)).toThrow(/^SIGNING_SECRET: required/);
    expect(readConfig("api", { ...shared, SIGNING_SECRET: SECRET }, own).signIn).toBeNull();
    expect(readConfig("api", SHARED, own).signIn).toEqual({ kind: "secret", secret: SECRET });
  });

  it("refuses a demo beside a sign-in, by one line", () => {
    for (const signIn of [
      { JWT_SECRET: SECRET },
      { JWKS_URL: "https://id.example/jwks", SIGNING_SECRET: SECRET },
    ])
      for (const role of ["all", "api", "progress"])
        expect(problemsOf(role, { ...SHARED, JWT_SECRET: "", ...signIn, DEMO: "1" })).toEqual([
          expect.stringMatching(/^DEMO:/),
        ]);
    expect(readConfig("all", { DEMO: "1" })).toMatchObject({ demo: true, signIn: { kind: "kept-secret" } });
  });

  it("takes proxies by address and network, and refuses what is neither", () => {
    expect(readConfig("all", {}).values.TRUSTED_PROXIES).toEqual(["loopback"]);
    const TRUSTED_PROXIES = "10.0.0.0/8, 192.0.2.1,2001:db8::/32,::1,loopback";
    expect(readConfig("all", { TRUSTED_PROXIES }).values.TRUSTED_PROXIES).toHaveLength(5);
    for (const wrong of ["proxy.example", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "true", "1", "::/129"])
      expect(problemsOf("all", { TRUSTED_PROXIES: wrong }), wrong).toEqual([
        expect.stringMatching(/^TRUSTED_PROXIES: must be addresses/),
      ]);
  });

  it("takes status store and queue behind sentinels and as nodes of a Cluster, and refuses what is neither", () => {
    const sentinels = "redis-sentinel://h1,h2,h3/main";
    const nodes = "redis://n1:7000,n2,n3";
    for (const env of [
      { REDIS_URL: sentinels, QUEUE_URL: sentinels },
      { REDIS_URL: nodes, REDIS_CLUSTER: "1", QUEUE_URL: nodes, QUEUE_CLUSTER: "1" },
    ])
      expect(problemsOf("worker", { ...SHARED, ...env }), JSON.stringify(env)).toEqual([]);
    const problems = problemsOf("worker", { ...SHARED, REDIS_URL: nodes, QUEUE_URL: "redis-sentinel://h1" });
    expect(problems).toEqual([
      expect.stringMatching(/^REDIS_URL: several Redis nodes are a Cluster: say so/),
      expect.stringMatching(/^QUEUE_URL: a redis-sentinel URL ends with the master's name/),
    ]);
  });

  it("merges intervals over the defaults and refuses one that is none", () => {
    const { TIMINGS } = readConfig("all", { TIMINGS: '{"leaseMs":3000}' }).values;
    expect(TIMINGS).toMatchObject({ leaseMs: 3_000, tickMs: 5_000 });
    expect(problemsOf("all", { TIMINGS: '{"leaseSeconds":3}' })).toEqual([
      "TIMINGS: has no interval leaseSeconds",
    ]);
    expect(problemsOf("all", { TIMINGS: '{"leaseMs":0}' })).toEqual([
      "TIMINGS: leaseMs must be a number above 0",
    ]);
    expect(problemsOf("all", { TIMINGS: "3" })).toEqual(["TIMINGS: must be a JSON object"]);
    expect(problemsOf("all", { TIMINGS: '{"toString":3}' })).toEqual(["TIMINGS: has no interval toString"]);
  });

  it("takes the backoff between tries, which is two intervals, and no half of it", () => {
    const retryBackoffMs = { first: 100, max: 400 };
    const { TIMINGS } = readConfig("all", { TIMINGS: JSON.stringify({ retryBackoffMs }) }).values;
    expect(TIMINGS.retryBackoffMs).toEqual(retryBackoffMs);
    for (const wrong of [3, { first: 3 }, { first: 3, max: 0 }, null]) {
      expect(problemsOf("all", { TIMINGS: JSON.stringify({ retryBackoffMs: wrong }) })).toEqual([
        'TIMINGS: retryBackoffMs must be {"first":ms,"max":ms}, both above 0',
      ]);
    }
  });

  it("takes a crash point and when, and refuses a name that is none", () => {
    expect(readConfig("all", {}).values.CRASH_AT).toBeNull();
    expect(readConfig("all", { CRASH_AT: "finish.after-commit" }).values.CRASH_AT).toEqual({
      name: "finish.after-commit",
      pass: 1,
    });
    expect(readConfig("all", { CRASH_AT: "relay.before-apply:12" }).values.CRASH_AT).toEqual({
      name: "relay.before-apply",
      pass: 12,
    });
    for (const CRASH_AT of ["finish", "finish.after-commit:0", "finish.after-commit:", "toString", ":2"]) {
      expect(problemsOf("all", { CRASH_AT }), CRASH_AT).toEqual([
        expect.stringMatching(/^CRASH_AT: must be NAME or NAME:n, .*\bclaim\.after-commit, /),
      ]);
    }
  });

  it("takes how a log looks; unset, the terminal decides", () => {
    expect(readConfig("all", {}).values.LOG_FORMAT).toBeNull();
    expect(readConfig("all", { LOG_FORMAT: "text" }).values.LOG_FORMAT).toBe("text");
    expect(problemsOf("all", { LOG_FORMAT: "xml", PORT: "3,000" })).toEqual([
      "PORT: must be a whole number from 0 to 65535 (TCP port)",
      "LOG_FORMAT: must be json or text",
    ]);
  });

  it("reads an application's variables beside the platform's, and reports them together", () => {
    const own = {
      SCAN_PAGES_MAX: variable(wholeNumber(1, 500, "pages"), 50, "pages of a scan at most"),
      SCAN_LANGUAGE: optionalVariable(z.string(), "language; not set: found out"),
    };
    expect(readConfig("all", { SCAN_PAGES_MAX: "7" }, { variables: own }).own.values).toEqual({
      SCAN_PAGES_MAX: 7,
      SCAN_LANGUAGE: null,
    });
    expect(() => readConfig("all", { PORT: "http", SCAN_PAGES_MAX: "501" }, { variables: own })).toThrow(
      /^PORT: .*\nSCAN_PAGES_MAX: must be a whole number from 1 to 500 \(pages\)$/,
    );
  });

  it("reports every wrong value together", () => {
    const problems = problemsOf("all", {
      PORT: "http",
      JWT_SECRET: "short",
      FINISHED_TTL_SECONDS: "3600",
      WORKER_CONCURRENCY: "scan",
      DEMO: "yes",
      DATABASE_URL: "mysql://x",
      UPLOAD_MAX_BYTES: "4 GB",
    });
    expect(problems.map((line) => line.split(":")[0])).toEqual(
      expect.arrayContaining([
        "PORT",
        "JWT_SECRET",
        "FINISHED_TTL_SECONDS",
        "WORKER_CONCURRENCY",
        "DEMO",
        "DATABASE_URL",
        "UPLOAD_MAX_BYTES",
      ]),
    );
  });
});

describe("printConfig", () => {
  it("hides secrets and URLs that may hold passwords", () => {
    const text = printConfig(readConfig("all", { ...SHARED, DATABASE_URL: "postgres://u:hunter2@db/app" }));
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain(SECRET);
    expect(text).toContain("DATABASE_URL=(hidden)");
    expect(text).toContain("DB_CONN_MAX_AGE=20");
  });
  it("prints what can be given back as it is, an application's variables too", () => {
    const own = { SCAN_PAGES_MAX: variable(wholeNumber(1, 500, "pages"), 50, "pages of a scan at most") };
    const env = {
      UPLOAD_MAX_BYTES: "5368709120",
      WORKER_CONCURRENCY: "scan=2,*=8",
      TIMINGS: '{"leaseMs":3000,"retryBackoffMs":{"first":1,"max":2}}',
      CRASH_AT: "finish.after-commit:3",
      TRUSTED_PROXIES: "loopback,10.0.0.0/8",
      STRICT: "1",
      SCAN_PAGES_MAX: "9",
    };
    const config = readConfig("all", env, { variables: own });
    const lines = printConfig(config).split("\n").slice(2);
    const again = readConfig("all", Object.fromEntries(lines.map((line) => splitOnce(line))), {
      variables: own,
    });
    expect({ values: again.values, own: again.own.values }).toEqual({
      values: config.values,
      own: config.own.values,
    });
    expect(lines).toContain("UPLOAD_MAX_BYTES=5368709120");
  });
});

function splitOnce(line: string): readonly [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}

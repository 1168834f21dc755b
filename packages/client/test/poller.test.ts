import { getPollInterval } from "@statusplane/core";
import { describe, expect, it, vi } from "vitest";
import type { WatchedJob } from "../src/watched-job.ts";
import { bodies, outage, problem, type Answer } from "./fake-server.ts";
import { job, setUp, video } from "./setup.ts";

describe("one poller per client", () => {
  it("asks for everything watched in one batch request", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("video:1", bodies.running(2, 10));
    server.snapshots.set("job:a", bodies.running(3, 20));
    client.watch(video("1"));
    client.watch(job("a"));
    client.watch(job("a"));
    await environment.advance(0);
    expect(server.requests.map(({ path }) => path)).toEqual(["/api/v1/progress/?videos=1&jobs=a"]);
    expect(client.get(video("1"))?.percent).toBe(10);
    expect(client.get(job("a"))?.percent).toBe(20);
  });

  it("signs its requests and names the language", async () => {
    const { client, server, environment } = setUp({ language: () => "en" });
    client.watch(job("a"));
    await environment.advance(0);
    expect(server.polls[0]?.headers).toMatchObject({
      authorization: "Bearer token-of-7",
      "accept-language": "en",
    });
  });

  it("splits more than 100 refs into requests that follow each other", async () => {
    const { client, server, environment } = setUp();
    for (let i = 0; i < 201; i++) {
      server.snapshots.set(`job:j${i}`, bodies.running(1, 5));
      client.watch(job(`j${i}`));
    }
    await environment.advance(0);
    expect(server.polls.map(({ path }) => path.split(",").length)).toEqual([100, 100, 1]);
    expect(server.mostInFlight).toBe(1);
    expect(client.get(job("j200"))?.percent).toBe(5);
  });

  it("asks at once again for what is watched while a request is in flight", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    server.snapshots.set("job:b", bodies.running(1, 6));
    let answer = () => {};
    server.handler = () => new Promise((resolve) => (answer = () => resolve(batch)));
    const batch = { body: { videos: {}, jobs: { a: bodies.running(1, 5) }, missing: {} } };
    client.watch(job("a"));
    await environment.advance(0);
    client.watch(job("b"));
    await environment.advance(0);
    expect(server.polls).toHaveLength(1);
    server.handler = () => undefined;
    answer();
    await environment.advance(0);
    expect(server.polls.map(({ path }) => path)).toEqual([
      "/api/v1/progress/?jobs=a",
      "/api/v1/progress/?jobs=a,b",
    ]);
    expect(client.get(job("b"))?.percent).toBe(6);
  });

  it("asks nothing while nothing is watched, and stops when the last watch ends", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    const ends = [client.watch(job("a")), client.watch(job("a"))];
    await environment.advance(1_500);
    ends[0]?.();
    const before = server.polls.length;
    await environment.advance(1_500);
    expect(server.polls.length).toBeGreaterThan(before);
    ends[1]?.();
    expect(environment.openTimers).toBe(0);
  });

  it("leaves no timer, listener or request behind when it closes", async () => {
    const { client, server, environment, errors } = setUp();
    server.handler = () => new Promise(() => {});
    client.watch(job("a"));
    await environment.advance(0);
    client.close();
    client.close();
    await environment.advance(60_000);
    expect(server.requests[0]?.signal.aborted).toBe(true);
    expect(server.requests).toHaveLength(1);
    expect(errors).toEqual([]);
    expect([environment.openTimers, environment.wakeListeners]).toEqual([0, 0]);
  });
});

describe("the interval", () => {
  it("follows the schedule of the elapsed time", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    client.watch(job("a"));
    await environment.advance(400_000);
    const times = server.polls.map(({ atMs }) => atMs);
    const start = times[0] ?? 0;
    for (const [i, time] of times.slice(1).entries()) {
      const previous = times[i] ?? 0;
      expect(time - previous).toBe(getPollInterval((previous - start) / 1_000));
    }
    expect(times.at(-1)).toBeGreaterThan(390_000);
  });

  it("is lengthened by jitter, by less than 15 %, and never shortened", async () => {
    const { client, server, environment } = setUp();
    environment.dice = 0.999;
    server.snapshots.set("job:a", bodies.running(1, 5));
    client.watch(job("a"));
    await environment.advance(2_000);
    const [first, second] = server.polls.map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBe(1_150);
  });

  it("is the youngest job's for all", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:old", bodies.running(1, 5));
    server.snapshots.set("job:young", bodies.running(1, 5));
    client.watch(job("old"));
    await environment.advance(120_000);
    client.watch(job("young"));
    await environment.advance(0);
    const before = server.polls.length;
    await environment.advance(5_000);
    expect(server.polls.slice(before).map(({ path }) => path)).toEqual(
      Array.from({ length: 5 }, () => "/api/v1/progress/?jobs=old,young"),
    );
  });

  it("waits as long as Poll-After-Ms asks, but not shorter than the schedule", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    server.pollAfterMs = 7_000;
    client.watch(job("a"));
    await environment.advance(6_999);
    expect(server.polls).toHaveLength(1);
    server.pollAfterMs = 10;
    await environment.advance(1);
    expect(server.polls).toHaveLength(2);
    await environment.advance(999);
    expect(server.polls).toHaveLength(2);
    await environment.advance(1);
    expect(server.polls).toHaveLength(3);
  });

  it.each(["visible", "online"] as const)(
    "is 15 s while not %s, and over at once when it is again",
    async (what) => {
      const { client, server, environment } = setUp();
      server.snapshots.set("job:a", bodies.running(1, 5));
      environment[what] = false;
      client.watch(job("a"));
      await environment.advance(14_999);
      expect(server.polls).toHaveLength(1);
      await environment.advance(1);
      expect(server.polls).toHaveLength(2);
      await environment.advance(3_000);
      environment[what] = true;
      environment.wake();
      await environment.advance(0);
      expect(server.polls).toHaveLength(3);
      await environment.advance(2_000);
      expect(server.polls).toHaveLength(4);
    },
  );

  it("is 15 s for a status word that nobody knows, which is shown", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", { attempt: 1, version: 4, status: "PAUSED" });
    client.watch(job("a"));
    await environment.advance(14_999);
    expect(server.polls).toHaveLength(1);
    expect(client.get(job("a"))).toMatchObject({ status: "UNKNOWN", unknownStatus: "PAUSED", gone: false });
    await environment.advance(1);
    expect(server.polls).toHaveLength(2);
  });
});

describe("the end", () => {
  it.each([
    ["READY", video("1")],
    ["DONE", job("1")],
    ["DONE", video("1")],
    ["FAILED", video("1")],
    ["CANCELLED", job("1")],
  ] as const)("stops polling at once on %s", async (status, ref) => {
    const { client, server, environment } = setUp();
    server.snapshots.set(`${ref.kind}:1`, bodies.running(1, 5));
    client.watch(ref);
    await environment.advance(500);
    server.snapshots.set(`${ref.kind}:1`, { attempt: 1, version: 2_147_483_647, status });
    await environment.advance(1_000);
    const polls = server.polls.length;
    expect(client.get(ref)?.status).toBe(status);
    expect(environment.openTimers).toBe(0);
    environment.wake();
    await environment.advance(60_000);
    expect(server.polls).toHaveLength(polls);
  });

  it("goes on for the others and names them only", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.done({ total: 1 }));
    server.snapshots.set("job:b", bodies.running(1, 5));
    client.watch(job("a"));
    client.watch(job("b"));
    await environment.advance(1_000);
    expect(server.polls.map(({ path }) => path)).toEqual([
      "/api/v1/progress/?jobs=a,b",
      "/api/v1/progress/?jobs=b",
    ]);
  });

  it("is looked at once more by a new watch, which finds a retry made elsewhere", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("video:1", bodies.failed(1));
    client.watch(video("1"));
    await environment.advance(5_000);
    client.watch(video("1"));
    await environment.advance(5_000);
    expect(server.polls).toHaveLength(2);
    server.snapshots.set("video:1", bodies.running(1, 30, 2));
    client.watch(video("1"));
    await environment.advance(1_000);
    expect(client.get(video("1"))).toMatchObject({ status: "PROCESSING", attempt: 2, percent: 30 });
    expect(server.polls).toHaveLength(4);
  });
});

describe("ETags", () => {
  it("sends the batch's ETag and takes 304 for: as before, and the server lives", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", { ...bodies.running(1, 5), updated_at: "2026-01-01T00:00:01.000Z" });
    client.watch(job("a"));
    await environment.advance(1_000);
    const first = client.get(job("a"));
    expect(server.polls[0]?.headers["if-none-match"]).toBeUndefined();
    expect(server.polls[1]?.headers["if-none-match"]).toContain("jobs");
    expect(first).toMatchObject({ percent: 5, isStalled: false, connection: "ok" });
    await environment.advance(50_000);
    expect(client.get(job("a"))).toMatchObject({ percent: 5, isStalled: true });
  });

  it("counts a job that a 304 still does not know as missing again", async () => {
    const { client, server, environment } = setUp();
    environment.dice = 0.999_999;
    client.watch(job("b"));
    server.handler = (request) =>
      server.details.includes(request) ? problem(503, "database_unavailable") : undefined;
    await environment.advance(30_000);
    expect(server.polls.some(({ headers }) => headers["if-none-match"] !== undefined)).toBe(true);
    expect(server.polls).toHaveLength(5); // backing off: 0, 1, 2, 4, 8 s, then 15
  });

  it("sends none for a job whose answer it has forgotten", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    const end = client.watch(job("a"));
    await environment.advance(0);
    end();
    for (let i = 0; i < 600; i++) client.watch(job(`j${i}`))();
    expect(client.get(job("a"))).toBeUndefined();
    client.watch(job("a"));
    await environment.advance(0);
    expect(server.polls[1]?.headers["if-none-match"]).toBeUndefined();
    expect(client.get(job("a"))?.percent).toBe(5);
  });
});

describe("errors", () => {
  it("back off 1, 2, 4 … 15 s, are told once per streak, and show as a lost connection", async () => {
    const { client, server, environment, errors } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    client.watch(job("a"));
    await environment.advance(0);
    environment.dice = 0.999_999;
    server.handler = () => Promise.reject(new TypeError("fetch failed"));
    await environment.advance(1_150);
    expect(client.get(job("a"))).toMatchObject({ connection: "lost", percent: 5, status: "PROCESSING" });
    await environment.advance(60_000);
    const times = server.polls.slice(1).map(({ atMs }) => atMs);
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(waits.slice(0, 6)).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect(errors.map(({ code, status }) => [code, status])).toEqual([["network_error", 0]]);
    server.handler = () => undefined;
    await environment.advance(15_000);
    expect(client.get(job("a"))?.connection).toBe("ok");
  });

  it("never come more often than 100 ms, however the dice fall", async () => {
    const { client, server, environment } = setUp();
    server.handler = () => Promise.reject(new TypeError("fetch failed"));
    client.watch(job("a"));
    await environment.advance(1_000);
    expect(server.polls.length).toBeLessThanOrEqual(11);
  });

  it("are told again when a new streak begins", async () => {
    const { client, server, environment, errors } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    client.watch(job("a"));
    for (let streak = 0; streak < 2; streak++) {
      server.handler = () => problem(500, "internal_error");
      await environment.advance(3_000);
      server.handler = () => undefined;
      await environment.advance(16_000);
    }
    expect(errors.map(({ code }) => code)).toEqual(["internal_error", "internal_error"]);
  });

  it("warn in the console when nobody listens", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const environmentOf = setUp();
    const { createClient } = await import("../src/create-client.ts");
    using client = createClient({
      getToken: () => null,
      environment: environmentOf.environment,
      fetch: () => Promise.reject(new TypeError("fetch failed")),
    });
    client.watch(job("a"));
    await environmentOf.environment.advance(10_000);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });

  it("wait as Retry-After asks, even when the page wakes up", async () => {
    const { client, server, environment } = setUp();
    server.handler = () => problem(503, "store_unavailable", { "Retry-After": "5" });
    client.watch(job("a"));
    await environment.advance(4_000);
    environment.wake();
    await environment.advance(999);
    expect(server.polls).toHaveLength(1);
    await environment.advance(1);
    expect(server.polls).toHaveLength(2);
  });

  it("are not waited for when the page becomes visible or online again", async () => {
    const { client, server, environment } = setUp();
    environment.dice = 0.9;
    server.handler = () => Promise.reject(new TypeError("fetch failed"));
    client.watch(job("a"));
    await environment.advance(20_000);
    const before = server.polls.length;
    environment.wake();
    await environment.advance(0);
    expect(server.polls).toHaveLength(before + 1);
  });

  it("do not let new watches poll ahead of the backoff", async () => {
    const { client, server, environment } = setUp();
    environment.dice = 0.999_999;
    server.handler = outage;
    client.watch(job("a"));
    await environment.advance(8_000);
    const before = server.polls.length;
    for (let i = 0; i < 50; i++) {
      client.watch(job(`j${i}`));
      await environment.advance(1);
    }
    expect(server.polls).toHaveLength(before);
  });

  it("give up a request after 10 s", async () => {
    const { client, server, environment, errors } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    server.handler = () => new Promise(() => {});
    client.watch(job("a"));
    await environment.advance(9_999);
    expect(server.requests[0]?.signal.aborted).toBe(false);
    await environment.advance(1);
    expect(server.requests[0]?.signal.aborted).toBe(true);
    expect(errors[0]?.code).toBe("deadline_exceeded");
    server.handler = () => undefined;
    await environment.advance(1_000);
    expect(client.get(job("a"))).toMatchObject({ percent: 5, connection: "ok" });
    expect(server.mostInFlight).toBe(2); // the one that never ends, and its successor
  });

  it("include an answer that comes after its deadline: it changes nothing", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    let answerLate: (answer: Answer) => void = () => {};
    server.handler = () => new Promise((resolve) => (answerLate = resolve));
    client.watch(job("a"));
    await environment.advance(9_999);
    server.handler = () => undefined;
    await environment.advance(1_000);
    const before = client.get(job("a"));
    answerLate({ body: { videos: {}, jobs: { a: bodies.running(9, 90) }, missing: {} } });
    await environment.advance(0);
    expect(client.get(job("a"))).toBe(before);
    expect(before?.percent).toBe(5);
  });

  it("say once that nobody is signed in, and try again slowly", async () => {
    const onUnauthenticated = vi.fn<() => void>();
    const { client, server, environment } = setUp({ onUnauthenticated });
    server.handler = () => problem(401, "unauthenticated");
    client.watch(job("a"));
    await environment.advance(44_999);
    expect(server.polls).toHaveLength(3);
    expect(onUnauthenticated).toHaveBeenCalledOnce();
    server.handler = () => undefined;
    server.snapshots.set("job:a", bodies.running(1, 5));
    await environment.advance(2_000);
    expect(client.get(job("a"))?.percent).toBe(5);
    server.handler = () => problem(401, "unauthenticated");
    await environment.advance(2_000);
    expect(onUnauthenticated).toHaveBeenCalledTimes(2);
  });

  it.each([
    ["a refused request", problem(400, "tenant_required"), "tenant_required"],
    ["a 404 of the batch itself", problem(404, "not_served_here"), "not_served_here"],
    ["a server that names no code", { status: 400, body: { detail: "tenant가 필요합니다." } }, "http_400"],
  ])("repeat slowly after %s", async (_, answer, code) => {
    const { client, server, environment, errors } = setUp();
    server.handler = () => answer;
    client.watch(job("a"));
    await environment.advance(44_999);
    expect(server.requests).toHaveLength(3);
    expect(errors.map((error) => error.code)).toEqual([code]);
    expect(client.get(job("a"))).toMatchObject({ status: "UNKNOWN", gone: false, connection: "lost" });
  });

  it.each([
    ["a page", { body: "<html>sign in to the Wi-Fi</html>" }],
    ["null", { body: "null" }],
    ["another object", { body: { videos: [], jobs: null } }],
  ])("include an answer that is %s", async (_, answer) => {
    const { client, server, environment, errors } = setUp();
    server.handler = () => answer;
    client.watch(job("a"));
    await environment.advance(0);
    expect(errors.map((error) => error.code)).toEqual(["unexpected_answer"]);
    expect(client.get(job("a"))?.connection).toBe("lost");
  });

  it("include a token that cannot be had", async () => {
    const { client, server, environment, errors } = setUp({
      getToken: () => Promise.reject(new Error("no session")),
    });
    client.watch(job("a"));
    await environment.advance(0);
    expect(server.requests).toEqual([]);
    expect(errors[0]?.cause).toEqual(new Error("no session"));
  });
});

describe("listeners", () => {
  it("are told what is known at the next turn, then each change once", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    client.watch(job("a"));
    await environment.advance(0);
    const told: (number | null)[] = [];
    client.watch(job("a"), ({ percent }) => told.push(percent));
    expect(told).toEqual([]);
    await environment.advance(2_000);
    server.snapshots.set("job:a", bodies.running(2, 9));
    await environment.advance(2_000);
    expect(told).toEqual([5, 9]);
  });

  it("are told nothing after their watch has ended", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    const listener = vi.fn<(job: WatchedJob) => void>();
    client.watch(job("a"));
    client.watch(job("a"), listener)();
    await environment.advance(2_000);
    expect(listener).not.toHaveBeenCalled();
  });

  it("that throw are reported and stop nobody", async () => {
    const reported = vi.fn<(error: unknown) => void>();
    vi.stubGlobal("reportError", reported);
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    client.watch(job("a"), () => {
      throw new Error("the page's mistake");
    });
    await environment.advance(3_000);
    vi.unstubAllGlobals();
    expect(reported).toHaveBeenCalledWith(new Error("the page's mistake"));
    expect(server.polls).toHaveLength(4);
  });

  it("of the whole map get the same map while nothing changed", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    client.watch(job("a"));
    await environment.advance(0);
    const before = client.getSnapshot();
    const listener = vi.fn<() => void>();
    const end = client.subscribe(listener);
    await environment.advance(5_000);
    expect(client.getSnapshot()).toBe(before);
    expect(listener).not.toHaveBeenCalled();
    server.snapshots.set("job:a", bodies.running(2, 6));
    await environment.advance(1_000);
    expect(listener).toHaveBeenCalledOnce();
    expect(client.getSnapshot()).not.toBe(before);
    end();
    server.snapshots.set("job:a", bodies.running(3, 7));
    await environment.advance(1_000);
    expect(listener).toHaveBeenCalledOnce();
  });
});

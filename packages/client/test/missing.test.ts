import { outputMembers } from "@statusplane/core/wire";
import { describe, expect, it } from "vitest";
import { bodies, outage, problem } from "./fake-server.ts";
import { job, setUp, video } from "./setup.ts";

describe("a job that the page knows nothing of, and the status store neither", () => {
  it("is asked from detail once, within 2 s, and shown as gone on 404", async () => {
    const { client, server, environment } = setUp();
    environment.dice = 0.5;
    client.watch(video("9"));
    await environment.advance(999);
    expect(server.details).toEqual([]);
    await environment.advance(1);
    expect(server.details.map(({ path }) => path)).toEqual(["/media/videos/9/"]);
    expect(client.get(video("9"))).toMatchObject({ gone: true, status: "UNKNOWN", connection: "ok" });
    const requests = server.requests.length;
    await environment.advance(120_000);
    expect(server.requests).toHaveLength(requests);
    expect(environment.openTimers).toBe(0);
  });

  it("is shown as its record says when that has ended, and not polled any more", async () => {
    const { client, server, environment } = setUp();
    server.records.set("video:9", {
      id: 9,
      status: "READY",
      attempt: 2,
      ...outputMembers({ path: "7/9/2/main", durationSeconds: 61 }),
    });
    client.watch(video("9"));
    await environment.advance(2_000);
    expect(client.get(video("9"))).toMatchObject({
      status: "READY",
      percent: 100,
      attempt: 2,
      durationSeconds: 61,
    });
    expect(environment.openTimers).toBe(0);
  });

  it("is polled on when its record is live", async () => {
    const { client, server, environment } = setUp();
    server.records.set("job:a", { job_id: "a", job_type: "report", status: "PROCESSING", attempt: 1 });
    client.watch(job("a"));
    await environment.advance(500);
    expect(client.get(job("a"))).toMatchObject({
      status: "PROCESSING",
      percent: null,
      jobType: "report",
    });
    server.snapshots.set("job:a", bodies.running(2, 40));
    await environment.advance(2_000);
    expect(client.get(job("a"))).toMatchObject({ percent: 40 });
    expect(server.details).toHaveLength(1);
  });

  it("needs no detail when the status store knows it before the ask is due", async () => {
    const { client, server, environment } = setUp();
    environment.dice = 0.9;
    client.watch(job("a"));
    await environment.advance(500);
    server.snapshots.set("job:a", bodies.pending());
    await environment.advance(5_000);
    expect(client.get(job("a"))?.status).toBe("PENDING");
    expect(server.details).toEqual([]);
  });

  it("is gone from the start when its id cannot be one", async () => {
    const { client, server, environment } = setUp();
    client.watch(job("../../etc/passwd"));
    await environment.advance(5_000);
    expect(client.get(job("../../etc/passwd"))?.gone).toBe(true);
    expect(server.requests).toEqual([]);
  });

  it("may be called like a member of every object", async () => {
    const { client, server, environment } = setUp();
    client.watch(job("constructor"));
    client.watch(job("__proto__"));
    await environment.advance(0);
    expect(client.get(job("constructor"))?.status).toBe("UNKNOWN");
    await environment.advance(2_000);
    expect(client.get(job("constructor"))?.gone).toBe(true);
    expect(client.get(job("__proto__"))?.gone).toBe(true);
    expect(server.details).toHaveLength(2);
  });

  it("is looked at again when watched anew, without another detail", async () => {
    const { client, server, environment } = setUp();
    client.watch(job("a"));
    await environment.advance(2_000);
    const polls = server.polls.length;
    client.watch(job("a"));
    await environment.advance(60_000);
    expect(server.polls).toHaveLength(polls + 1);
    expect(server.details).toHaveLength(1);
    server.snapshots.set("job:a", bodies.running(1, 5));
    client.watch(job("a"));
    await environment.advance(0);
    expect(client.get(job("a"))).toMatchObject({ gone: false, percent: 5 });
  });
});

describe("a job that the page has seen live", () => {
  it("keeps what is shown for 30 s of backing off, then is asked from detail once", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(7, 60));
    client.watch(job("a"));
    await environment.advance(500);
    environment.dice = 0.999_999;
    server.snapshots.clear();
    await environment.advance(30_500);
    expect(client.get(job("a"))).toMatchObject({
      status: "PROCESSING",
      percent: 60,
      gone: false,
      connection: "ok",
    });
    expect(server.details).toEqual([]);
    expect(server.polls.length).toBeLessThan(8);
    await environment.advance(3_000);
    expect(server.details).toHaveLength(1);
    expect(client.get(job("a"))).toMatchObject({ gone: true, percent: 60 });
  });

  it("goes on when the status store knows it again", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(7, 60));
    client.watch(job("a"));
    await environment.advance(500);
    server.snapshots.clear();
    await environment.advance(25_000);
    server.snapshots.set("job:a", bodies.running(9, 70));
    await environment.advance(60_000);
    expect(client.get(job("a"))?.percent).toBe(70);
    expect(server.details).toEqual([]);
  });

  it("begins anew with its misses when its record is live", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(7, 60));
    server.records.set("job:a", { status: "PROCESSING", attempt: 1 });
    client.watch(job("a"));
    await environment.advance(500);
    server.snapshots.clear();
    await environment.advance(40_000);
    expect(server.details).toHaveLength(1);
    expect(client.get(job("a"))).toMatchObject({ status: "PROCESSING", percent: 60, version: 7 });
    await environment.advance(60_000);
    const waits = server.details.slice(1).map(({ atMs }, i) => atMs - (server.details[i]?.atMs ?? 0));
    expect(waits.length).toBeGreaterThanOrEqual(1);
    for (const waitMs of waits) expect(waitMs).toBeGreaterThanOrEqual(30_000);
  });

  it("counts as such from its submit", async () => {
    const { client, server, environment } = setUp();
    server.handler = ({ method }) =>
      method === "POST"
        ? { status: 202, body: { job_id: "a", status: "PENDING", attempt: 1, version: 0 } }
        : undefined;
    const { ref } = await client.submitJob("ocr", { payload: {} });
    client.watch(ref);
    await environment.advance(29_000);
    expect(server.details).toEqual([]);
    expect(client.get(ref)?.status).toBe("PENDING");
  });

  it("stays ended when the store has dropped its end", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.done(1));
    client.watch(job("a"));
    await environment.advance(500);
    server.snapshots.clear();
    client.watch(job("a"));
    await environment.advance(60_000);
    expect(client.get(job("a"))).toMatchObject({ status: "DONE", gone: false });
    expect(server.details).toEqual([]);
  });
});

describe("a detail that is no answer", () => {
  it.each([
    ["429", problem(429, "detail_budget_spent", { "Retry-After": "4" })],
    ["503", problem(503, "database_unavailable", { "Retry-After": "4" })],
    ["a 404 about the address", problem(404, "route_not_found", { "Retry-After": "4" })],
  ])("is repeated after %s, no sooner than Retry-After asks", async (_, answer) => {
    const { client, server, environment } = setUp();
    let isRefusing = true;
    server.handler = ({ path }) => (isRefusing && path === "/api/v1/jobs/a/" ? answer : undefined);
    client.watch(job("a"));
    await environment.advance(10);
    expect(server.details).toHaveLength(1);
    expect(client.get(job("a"))?.gone).toBe(false);
    isRefusing = false;
    await environment.advance(3_900);
    expect(server.details).toHaveLength(1);
    await environment.advance(20_000);
    expect(server.details).toHaveLength(2);
    expect(client.get(job("a"))?.gone).toBe(true);
  });

  it.each([
    ["without a status", { body: {} }],
    ["that is no JSON", { body: "<html>" }],
  ])("is a body %s", async (_, answer) => {
    const { client, server, environment } = setUp();
    server.handler = ({ path }) => (path === "/api/v1/jobs/a/" ? answer : undefined);
    client.watch(job("a"));
    await environment.advance(10);
    server.handler = () => undefined;
    expect(client.get(job("a"))).toMatchObject({ status: "UNKNOWN", unknownStatus: undefined, gone: false });
    await environment.advance(10_000);
    expect(server.details).toHaveLength(2);
    expect(client.get(job("a"))?.gone).toBe(true);
  });

  it("backs off", async () => {
    const { client, server, environment } = setUp();
    environment.dice = 0.999_999;
    server.handler = ({ path }) => (path === "/api/v1/jobs/a/" ? problem(500, "internal_error") : undefined);
    client.watch(job("a"));
    await environment.advance(60_000);
    const waits = server.details
      .slice(1)
      .map(({ atMs }, i) => Math.round(atMs - (server.details[i]?.atMs ?? 0)));
    expect(waits).toEqual([3_000, 4_000, 6_000, 10_000, 17_000, 17_000]);
  });
});

describe("an outage of the status store at page load", () => {
  it("costs one detail per job, after a random 0–5 s", async () => {
    const { client, server, environment } = setUp();
    environment.dice = 0.8;
    server.records.set("job:a", { status: "PENDING", attempt: 3 });
    server.handler = (request) => (server.polls.includes(request) ? outage(request) : undefined);
    client.watch(job("a"));
    await environment.advance(3_999);
    expect(server.details).toEqual([]);
    await environment.advance(1);
    expect(server.details).toHaveLength(1);
    expect(client.get(job("a"))).toMatchObject({ status: "PENDING", attempt: 3, connection: "lost" });
    await environment.advance(120_000);
    expect(server.details).toHaveLength(1);
  });

  it("costs no second one when the first had no answer", async () => {
    const { client, server, environment } = setUp();
    server.handler = outage;
    client.watch(job("a"));
    await environment.advance(120_000);
    expect(server.details).toHaveLength(1);
  });

  it("costs none for a job that has been seen", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 5));
    client.watch(job("a"));
    await environment.advance(500);
    server.handler = outage;
    await environment.advance(120_000);
    expect(server.details).toEqual([]);
    expect(client.get(job("a"))).toMatchObject({ percent: 5, connection: "lost" });
  });
});

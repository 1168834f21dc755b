import { describe, expect, it } from "vitest";
import { jobsAhead } from "../src/active-jobs.ts";
import { unknownJob, type WatchedJob } from "../src/watched-job.ts";
import { bodies, outage } from "./fake-server.ts";
import { job, setUp, video } from "./setup.ts";

const at = "2026-01-01T00:00:05.000Z";
const END_MS = Date.parse(at);
const done = (attempt = 1, updatedAt = at) => ({
  ...bodies.done({ total: 1 }, attempt),
  updated_at: updatedAt,
});

describe("the live list", () => {
  it("travels in one request beside the jobs that are watched by name", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 10));
    server.snapshots.set("video:9", bodies.ready());
    client.watch(video("9"));
    client.watchActive();
    await environment.advance(0);
    expect(server.requests.map(({ path }) => path)).toEqual(["/api/v1/progress/?videos=9&active=1"]);
    expect(client.getActive().refs).toEqual([job("a")]);
    expect(client.get(job("a"))?.percent).toBe(10);
    await environment.advance(1_000);
    expect(server.requests.at(-1)?.path).toBe("/api/v1/progress/?active=1");
    expect(server.requests.at(-1)?.headers["if-none-match"]).toBeUndefined(); // another address
    await environment.advance(1_000);
    expect(server.requests.at(-1)?.headers["if-none-match"]).toBeDefined();
  });

  it("brings ends that this page has not seen: each is asked for once", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", done());
    server.ended.set("job:a", END_MS);
    client.watchActive();
    await environment.advance(10_000);
    expect(client.get(job("a"))?.status).toBe("DONE");
    expect(client.getActive().refs).toEqual([job("a")]);
    expect(server.polls.map(({ path }) => path)).toEqual(["/api/v1/progress/?jobs=a&active=1"]);
  });

  it("asks again for an end of another time", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", done());
    server.ended.set("job:a", END_MS);
    client.watchActive();
    await environment.advance(5_000);
    server.snapshots.set("job:a", done(2, "2026-01-01T00:01:00.000Z"));
    server.ended.set("job:a", Date.parse("2026-01-01T00:01:00.000Z"));
    await environment.advance(5_000);
    expect(client.get(job("a"))?.attempt).toBe(2);
    expect(server.polls).toHaveLength(2);
  });

  it("reopens what is shown as ended when a higher attempt is live, whoever has retried it", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", done());
    server.ended.set("job:a", END_MS);
    client.watchActive();
    await environment.advance(5_000);
    server.ended.clear();
    server.snapshots.set("job:a", bodies.running(1, 40, 2));
    await environment.advance(5_000);
    expect(client.get(job("a"))).toMatchObject({ status: "PROCESSING", attempt: 2, percent: 40 });
    expect(client.getActive().refs).toEqual([job("a")]);
  });

  it("keeps an end that was never listed, and drops one that no longer is", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 10));
    server.snapshots.set("job:b", done());
    server.ended.set("job:b", END_MS);
    client.watchActive();
    await environment.advance(2_000);
    server.snapshots.set("job:a", done());
    server.ended.clear();
    await environment.advance(5_000);
    expect(client.getActive().refs).toEqual([job("a")]);
    expect(client.get(job("a"))?.status).toBe("DONE");
  });

  it("is polled as a job is that is watched since the list last changed", async () => {
    const { client, server, environment } = setUp();
    client.watchActive();
    await environment.advance(400_000);
    const before = server.requests.length;
    await environment.advance(50_000);
    expect(server.requests).toHaveLength(before + 10);
    server.snapshots.set("job:a", bodies.pending());
    await environment.advance(10_000);
    const fast = server.requests.length;
    await environment.advance(4_000);
    expect(server.requests.length - fast).toBeGreaterThanOrEqual(3);
  });

  it("asks nothing more when nobody wants it, and shows nothing", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 10));
    const ends = [client.watchActive(), client.watchActive()];
    await environment.advance(1_000);
    ends[0]?.();
    ends[0]?.();
    const before = client.getActive();
    expect(before.refs).toHaveLength(1);
    ends[1]?.();
    expect(environment.openTimers).toBe(0);
    expect(client.getActive().isLoading).toBe(true);
    expect(server.requests.length).toBeGreaterThan(0);
  });

  it("keeps what is known while the server does not answer, and says why", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 10));
    client.watchActive();
    await environment.advance(0);
    server.handler = outage;
    await environment.advance(1_500);
    expect(client.getActive()).toMatchObject({ refs: [job("a")], error: { code: "store_unavailable" } });
    expect(client.get(job("a"))?.connection).toBe("lost");
    expect(client.connectionStatus).toBe("offline");
  });
});

describe("the pace", () => {
  it("begins anew when a job begins to move", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.pending());
    client.watch(job("a"));
    await environment.advance(400_000);
    server.snapshots.set("job:a", bodies.running(1, 1));
    await environment.advance(5_000);
    const before = server.polls.length;
    await environment.advance(4_000);
    expect(server.polls.length - before).toBe(4);
  });
});

describe("jobsAhead", () => {
  const waiting = (id: string, more: Partial<WatchedJob> = {}): WatchedJob => ({
    ...unknownJob(job(id)),
    jobType: "report",
    status: "PENDING",
    ...more,
  });

  it("counts the waiting ones of the same type that were submitted before", () => {
    const own = waiting("0195-c");
    const all = [
      own,
      waiting("0195-a"),
      waiting("0195-b", { status: "PROCESSING" }),
      waiting("0195-b2", { jobType: "other" }),
      waiting("0195-b3", { nextTry: { retryAt: at, lastErrorCode: "x", try: 2, maxTries: 3 } }),
      waiting("0195-d"),
    ];
    expect(jobsAhead(own, all)).toBe(1);
    expect(jobsAhead({ ...own, status: "PROCESSING" }, all)).toBeUndefined();
  });

  it("knows that videos are numbered", () => {
    const of = (id: string): WatchedJob => ({ ...waiting(id), ref: video(id), jobType: null });
    expect(jobsAhead(of("10"), [of("9"), of("10"), of("11"), of("100")])).toBe(1);
  });
});

describe("wait", () => {
  it("ends with the terminal snapshot", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 10));
    const waiting = client.wait(job("a"));
    await environment.advance(3_000);
    server.snapshots.set("job:a", bodies.done({ total: 3 }));
    await environment.advance(3_000);
    expect(await waiting).toMatchObject({ status: "DONE", result: { total: 3 } });
    expect(environment.openTimers).toBe(0);
  });

  it("does not begin where the client is closed", async () => {
    const { client, environment } = setUp();
    client.close();
    await expect(client.wait(job("a"))).rejects.toMatchObject({ code: "client_closed" });
    expect(environment.openTimers).toBe(0);
  });

  it("ends with a timeout, with gone, with the signal's reason, and with the client", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 10));
    const abort = new AbortController();
    const ends = Promise.allSettled([
      client.wait(job("a"), { timeoutMs: 5_000 }),
      client.wait(job("nobodys")),
      client.wait(job("a"), { signal: abort.signal }),
      client.wait(job("a"), { signal: AbortSignal.abort("before") }),
      client.wait(job("a")),
    ]);
    await environment.advance(6_000);
    abort.abort("changed my mind");
    client.close();
    expect(
      (await ends).map((end) => (end.status === "rejected" ? (end.reason.code ?? end.reason) : end)),
    ).toEqual(["wait_timeout", "gone", "changed my mind", "before", "client_closed"]);
    expect(environment.openTimers).toBe(0);
  });
});

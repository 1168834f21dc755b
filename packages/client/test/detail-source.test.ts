import { jobRef, readForeignValue } from "@statusplane/core";
import { describe, expect, it, vi } from "vitest";
import type { OwnDetail } from "../src/statusplane-client.ts";
import type { WatchRef } from "../src/watched-job.ts";
import { bodies, problem } from "./fake-server.ts";
import { job, setUp, video } from "./setup.ts";

const SHOP = "https://shop.example";

/** What the server makes of the plain value that a worker in another language writes. */
function foreign(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const read = readForeignValue(jobRef("7", "video", "42"), JSON.stringify(value), null);
  return JSON.parse(read?.text ?? "null");
}

describe("a job without a record", () => {
  it("is told by its snapshot, and nothing that needs the record is sent", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("video:42", foreign({ status: "READY" }));
    server.snapshots.set("video:1", bodies.ready());
    client.watch(video("42"));
    client.watch(video("1"));
    await environment.advance(0);
    expect([client.get(video("42"))?.hasRecord, client.get(video("1"))?.hasRecord]).toEqual([false, true]);
    const requests = server.requests.length;
    const once = client.detailOnce(video("42"));
    for (const refused of [
      client.detail(video("42")),
      client.cancel(video("42")),
      client.retry(video("42")),
      client.remove(video("42")),
      client.playback("42"),
    ])
      await expect(refused).rejects.toMatchObject({ code: "no_record", status: 0 });
    await environment.advance(2_000);
    expect(await once).toBeNull();
    expect(server.requests).toHaveLength(requests);
  });

  it("is gone when the status store has not known it for 30 s, without anybody being asked", async () => {
    const { client, server, environment } = setUp();
    server.snapshots.set("video:42", foreign({ status: "PROCESSING" }));
    client.watch(video("42"));
    await environment.advance(500);
    server.snapshots.clear();
    await environment.advance(30_000);
    expect(client.get(video("42"))).toMatchObject({ status: "PROCESSING", gone: false });
    await environment.advance(5_000);
    expect(client.get(video("42"))?.gone).toBe(true);
    expect(server.details).toEqual([]);
    expect(environment.openTimers).toBe(0);
  });
});

describe("a server that serves no detail", () => {
  it("is asked once; the job may still appear for 30 s, then it is gone", async () => {
    const { client, server, environment } = setUp();
    environment.dice = 0.5;
    server.handler = ({ path }) => (path.endsWith("s/a/") ? problem(404, "not_served_here") : undefined);
    client.watch(job("a"));
    await environment.advance(29_000);
    expect(client.get(job("a"))).toMatchObject({ gone: false, status: "UNKNOWN" });
    await environment.advance(20_000);
    expect(client.get(job("a"))?.gone).toBe(true);
    expect(server.details).toHaveLength(1);
    expect(environment.openTimers).toBe(0);
  });

  it("lets a job appear that another program begins late", async () => {
    const { client, server, environment } = setUp({ detail: false });
    client.watch(job("a"));
    await environment.advance(20_000);
    server.snapshots.set("job:a", bodies.running(1, 10));
    await environment.advance(15_000);
    expect(client.get(job("a"))).toMatchObject({ status: "PROCESSING", percent: 10, gone: false });
    server.snapshots.clear();
    await environment.advance(29_000);
    expect(client.get(job("a"))?.gone).toBe(false);
  });
});

describe("detail: false", () => {
  it("asks nobody, whatever becomes of the job", async () => {
    const { client, server, environment } = setUp({ detail: false });
    server.snapshots.set("job:a", bodies.running(1, 10));
    client.watch(job("a"));
    client.watch(job("b"));
    await environment.advance(500);
    server.snapshots.clear();
    await environment.advance(60_000);
    expect([client.get(job("a"))?.gone, client.get(job("b"))?.gone]).toEqual([true, true]);
    await expect(client.detail(job("a"))).rejects.toMatchObject({ code: "no_record" });
    expect(server.details).toEqual([]);
  });
});

describe("the application's own detail", () => {
  it("is asked at its base URL, with the token, also of a job without a record", async () => {
    const { client, server, environment } = setUp({ detail: SHOP });
    server.snapshots.set("video:42", foreign({ status: "READY" }));
    server.handler = ({ path }) =>
      path.startsWith(SHOP) ? { body: { id: 42, status: "READY", title: "소개" } } : undefined;
    client.watch(video("42"));
    await environment.advance(100);
    const once = [client.detailOnce(video("42")), client.detailOnce(video("42"))];
    await environment.advance(2_000);
    expect(await Promise.all(once)).toEqual(Array(2).fill({ id: 42, status: "READY", title: "소개" }));
    const asked = server.requests.filter(({ path }) => path.startsWith(SHOP));
    expect(asked).toMatchObject([
      { path: `${SHOP}/media/videos/42/`, headers: { authorization: "Bearer token-of-7" } },
    ]);
    expect(client.get(video("42"))?.hasRecord).toBe(false);
  });

  it("may be a function; null means that there is no such job", async () => {
    const detail = vi.fn<(ref: WatchRef) => Promise<OwnDetail | null>>(async () => null);
    const { client, server, environment } = setUp({ detail, language: () => "en" });
    client.watch(job("a"));
    await environment.advance(5_000);
    expect(client.get(job("a"))?.gone).toBe(true);
    expect(detail.mock.calls).toEqual([[job("a")]]);
    await expect(client.detail(job("a"))).rejects.toMatchObject({
      status: 404,
      code: "record_not_found",
      detail: "There is no such job.",
    });
    expect(server.details).toEqual([]);
  });

  it("is asked once while its job waits, however long the status store does not know it", async () => {
    const detail = vi.fn<() => Promise<OwnDetail>>(async () => ({ status: "queued" }));
    const { client, server, environment } = setUp({ detail });
    client.watch(job("a"));
    await environment.advance(600_000);
    expect(detail).toHaveBeenCalledTimes(1);
    expect(client.get(job("a"))).toMatchObject({ unknownStatus: "queued", gone: false, hasRecord: false });
    server.snapshots.set("job:a", bodies.running(3, 30));
    await environment.advance(20_000);
    expect(client.get(job("a"))).toMatchObject({ status: "PROCESSING", percent: 30, hasRecord: true });
    expect(detail).toHaveBeenCalledTimes(1);
  });

  it("is asked anew when the status store loses the job, of the attempt that was seen, and not again at its end", async () => {
    const record = { status: "DONE", result: { rows: 3 } };
    const detail = vi.fn<() => Promise<OwnDetail>>(async () => record);
    detail.mockResolvedValueOnce({ status: "PENDING" });
    const { client, server, environment } = setUp({ detail });
    client.watch(job("a"));
    await environment.advance(2_000);
    server.snapshots.set("job:a", bodies.running(3, 30, 2));
    await environment.advance(20_000);
    server.snapshots.clear();
    await environment.advance(45_000);
    expect(detail).toHaveBeenCalledTimes(2);
    expect(client.get(job("a"))).toMatchObject({ status: "DONE", attempt: 2, result: { rows: 3 } });
    expect(await client.detailOnce(job("a"))).toBe(record);
    await environment.advance(60_000);
    expect(detail).toHaveBeenCalledTimes(2);
    expect(environment.openTimers).toBe(0);
  });

  it("backs off when it fails, and is bounded when it never answers", async () => {
    const detail = vi.fn<() => Promise<OwnDetail>>(async () => {
      throw new Error("shop closed");
    });
    const { client, environment } = setUp({ detail });
    environment.dice = 0.999_999;
    client.watch(job("a"));
    await environment.advance(20_000);
    expect(detail).toHaveBeenCalledTimes(4);
    expect(client.get(job("a"))?.gone).toBe(false);
    detail.mockImplementation(() => new Promise(() => {}));
    await environment.advance(60_000);
    expect(detail).toHaveBeenCalledTimes(7); // each after 10 s without an answer and 15 s of backoff
    const refused = client.detail(job("a")).catch((error: unknown) => error);
    await environment.advance(10_000);
    expect(await refused).toMatchObject({ code: "deadline_exceeded" });
  });

  it.each([{ rows: 3 }, "text", []])("is no answer when it is %j", async (body) => {
    const detail = vi.fn(async () => body as unknown as OwnDetail);
    const { client, environment } = setUp({ detail });
    client.watch(job("a"));
    await environment.advance(100);
    expect(client.get(job("a"))).toMatchObject({ status: "UNKNOWN", unknownStatus: undefined, gone: false });
  });
});

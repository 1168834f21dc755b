import { afterEach, describe, expect, it } from "vitest";
import { askRecords, cancelJob, getActive, waitFor, watchActive } from "../src/features.ts";
import { createWatcher } from "../src/poll.ts";
import type { JobWatcher } from "../src/statusplane-client.ts";
import { FakeEnvironment } from "./fake-environment.ts";
import { bodies, FakeServer } from "./fake-server.ts";
import { job, video } from "./setup.ts";

let watcher: JobWatcher | undefined;
afterEach(() => watcher?.close());

function setUp() {
  const environment = new FakeEnvironment();
  const server = new FakeServer(environment);
  const made = createWatcher({ getToken: () => "token-of-7", fetch: server.fetch, environment });
  watcher = made;
  return { environment, server, watcher: made };
}

describe("a client that only watches", () => {
  it("asks nobody for a job that the status store does not know, and shows it as gone after 30 s", async () => {
    const { environment, server, watcher } = setUp();
    watcher.watch(job("a"));
    await environment.advance(20_000);
    expect(watcher.get(job("a"))).toMatchObject({ status: "UNKNOWN", gone: false });
    await environment.advance(40_000);
    expect(watcher.get(job("a"))?.gone).toBe(true);
    expect(server.details).toEqual([]);
    expect(environment.openTimers).toBe(0);
  });

  it("waits 30 s, too, for one that it has seen", async () => {
    const { environment, server, watcher } = setUp();
    server.snapshots.set("job:a", bodies.running(1, 10));
    watcher.watch(job("a"));
    await environment.advance(1_000);
    server.snapshots.clear();
    await environment.advance(25_000);
    expect(watcher.get(job("a"))).toMatchObject({ status: "PROCESSING", gone: false });
    await environment.advance(30_000);
    expect(watcher.get(job("a"))?.gone).toBe(true);
  });

  it("asks records where the page wants it", async () => {
    const { environment, server, watcher } = setUp();
    server.records.set("job:a", bodies.done(null));
    askRecords(watcher);
    const ended = waitFor(watcher, job("a"));
    await environment.advance(10_000);
    expect(await ended).toMatchObject({ status: "DONE" });
    expect(server.details).toHaveLength(1);
  });

  it("has the live list, and cancels, by functions that take it", async () => {
    const { environment, server, watcher } = setUp();
    server.snapshots.set("video:1", bodies.running(1, 10));
    server.handler = ({ method }) => (method === "POST" ? {} : undefined);
    expect(getActive(watcher)).toMatchObject({ isLoading: true });
    const stop = watchActive(watcher);
    await environment.advance(1_000);
    expect(getActive(watcher).refs).toEqual([video("1")]);
    await cancelJob(watcher, video("1"));
    expect(server.requests.at(-1)).toMatchObject({ method: "POST", path: "/media/videos/1/cancel/" });
    stop();
  });

  it("says what failed in the code's words", async () => {
    const { watcher } = setUp();
    const closed = waitFor(watcher, job("a"));
    watcher.close();
    await expect(closed).rejects.toMatchObject({ code: "client_closed", detail: "client closed" });
    expect(() => watchActive({ ...watcher })).toThrow(TypeError);
  });
});

// @vitest-environment happy-dom
import { act, cleanup, render, renderHook } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  ProgressBar,
  StatusplaneProvider,
  useActiveJobs,
  useClient,
  useJob,
  useJobs,
} from "../src/react/index.ts";
import { unknownJob, type WatchRef } from "../src/watched-job.ts";
import { bodies, listBody, outage } from "./fake-server.ts";
import { job, setUp, video, type Setup } from "./setup.ts";

let setup: Setup;
let wrapper: (props: { children: ReactNode }) => ReactNode;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  setup = setUp();
  wrapper = ({ children }) => (
    <StrictMode>
      <StatusplaneProvider client={setup.client}>{children}</StatusplaneProvider>
    </StrictMode>
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const advance = (ms: number) => act(() => setup.environment.advance(ms));

describe("useJob", () => {
  it("shows the job while mounted, and ends the watch with the component", async () => {
    const { server, environment } = setup;
    server.snapshots.set("video:1", bodies.running(2, 33));
    const { result, unmount } = renderHook(() => useJob(video("1")), { wrapper });
    expect(result.current).toMatchObject({
      status: "UNKNOWN",
      percent: null,
      connectionStatus: "connecting",
    });
    await advance(0);
    expect(result.current).toMatchObject({
      ...{ status: "PROCESSING", percent: 33, connectionStatus: "polling", error: null },
      ...{ isPending: false, isTerminal: false, isStalled: false },
      snapshot: { ref: video("1"), version: 2 },
    });
    unmount();
    const polls = server.polls.length;
    await advance(60_000);
    expect(server.polls).toHaveLength(polls);
    expect(environment.openTimers).toBe(0);
  });

  it("watches nothing for null, and another job when the ref changes", async () => {
    const { server } = setup;
    server.snapshots.set("job:a", bodies.running(1, 10));
    server.snapshots.set("job:b", bodies.running(1, 20));
    const initialProps: { on: WatchRef | null } = { on: null };
    const { result, rerender } = renderHook(({ on }) => useJob(on), { wrapper, initialProps });
    await advance(1_000);
    expect([result.current.snapshot, server.requests]).toEqual([undefined, []]);
    await result.current.cancel();
    rerender({ on: job("a") });
    await advance(0);
    rerender({ on: job("b") });
    await advance(0);
    expect(result.current.percent).toBe(20);
    expect(server.polls.at(-1)?.path).toBe("/api/v1/progress/?jobs=b");
  });

  it("does not render for a sign of life, and keeps its answer and functions", async () => {
    const { server } = setup;
    server.snapshots.set("job:a", { ...bodies.running(1, 10), updated_at: "2026-01-01T00:00:00.000Z" });
    let renders = 0;
    const { result } = renderHook(
      () => {
        renders += 1;
        return useJob(job("a"));
      },
      { wrapper },
    );
    await advance(0);
    const before = { renders, view: result.current };
    server.snapshots.set("job:a", { ...bodies.running(2, 10), updated_at: "2026-01-01T00:00:10.000Z" });
    await advance(3_000);
    expect(renders).toBe(before.renders);
    expect(result.current).toBe(before.view);
    server.snapshots.set("job:a", bodies.running(3, 11));
    await advance(2_000);
    expect(result.current.percent).toBe(11);
    expect(result.current.cancel).toBe(before.view.cancel);
  });

  it("says why there is no result, and cancels and retries the job it shows", async () => {
    const { server } = setup;
    server.snapshots.set("video:1", bodies.failed());
    const { result } = renderHook(() => useJob(video("1")), { wrapper });
    await advance(0);
    expect(result.current).toMatchObject({
      isTerminal: true,
      error: { code: "input_broken", message: "파일이 손상되었습니다." },
    });
    server.handler = ({ method }) => (method === "POST" ? { status: 202, body: {} } : undefined);
    await act(() => result.current.retry());
    await act(() => result.current.cancel());
    expect(server.requests.filter(({ method }) => method === "POST").map(({ path }) => path)).toEqual([
      "/media/videos/1/retry/",
      "/media/videos/1/cancel/",
    ]);
  });

  it("renders on a server, where nothing is watched", () => {
    const html = renderToString(
      <StatusplaneProvider client={setup.client}>
        <Shown />
      </StatusplaneProvider>,
    );
    expect(html).toContain("UNKNOWN connecting 0");
    expect(setup.environment.openTimers).toBe(0);
  });
});

function Shown(): ReactNode {
  const { status, connectionStatus } = useJob(job("a"));
  return `${status} ${connectionStatus} ${useActiveJobs().jobs.length}`;
}

describe("useJobs", () => {
  it("asks for all by one poller, renders once per change, and keeps the array between", async () => {
    const { server } = setup;
    server.snapshots.set("video:1", bodies.running(1, 10));
    server.snapshots.set("job:a", bodies.running(1, 20));
    const seen: unknown[] = [];
    const { result } = renderHook(
      () => {
        const jobs = useJobs([video("1"), job("a")]);
        seen.push(jobs);
        return jobs;
      },
      { wrapper },
    );
    await advance(0);
    expect(result.current.map(({ percent }) => percent)).toEqual([10, 20]);
    const { length } = seen;
    const before = result.current;
    await advance(5_000);
    expect(seen).toHaveLength(length);
    expect(result.current).toBe(before);
    expect(new Set(server.polls.map(({ path }) => path))).toEqual(
      new Set(["/api/v1/progress/?videos=1&jobs=a"]),
    );
    expect(server.polls).toHaveLength(6);
  });

  it("keeps the watches of refs that stay when others come and go", async () => {
    const { server, client } = setup;
    for (const id of ["a", "b", "c"]) server.snapshots.set(`job:${id}`, bodies.running(1, 10));
    const watch = vi.spyOn(client, "watch");
    const { rerender } = renderHook(({ ids }) => useJobs(ids.map(job)), {
      wrapper,
      initialProps: { ids: ["a", "b"] },
    });
    await advance(0);
    watch.mockClear();
    rerender({ ids: ["b", "c"] });
    await advance(2_000);
    expect(watch.mock.calls.map(([ref]) => ref.id)).toEqual(["c"]);
    expect(server.polls.at(-1)?.path).toBe("/api/v1/progress/?jobs=b,c");
  });
});

describe("useActiveJobs", () => {
  it("shows what is live and what has ended, as it changes, by one poll", async () => {
    const { server } = setup;
    server.snapshots.set("video:1", bodies.running(1, 10));
    const { result } = renderHook(() => useActiveJobs(), { wrapper });
    expect(result.current).toMatchObject({ jobs: [], isLoading: true });
    await advance(0);
    expect(result.current).toMatchObject({ isLoading: false, more: 0, waiting: {} });
    expect(result.current.jobs.map(({ percent }) => percent)).toEqual([10]);
    server.snapshots.set("job:new", bodies.pending()); // by somebody else
    await advance(1_000);
    expect(result.current.jobs.map(({ status }) => status)).toEqual(["PROCESSING", "PENDING"]);
    server.snapshots.set("video:1", { ...bodies.ready(), updated_at: "2026-01-01T00:00:05.000Z" });
    server.ended.set("video:1", Date.parse("2026-01-01T00:00:05.000Z"));
    await advance(1_000);
    expect(result.current.jobs.map(({ status }) => status)).toEqual(["PENDING", "READY"]);
    expect(server.polls.map(({ path }) => path)).toEqual(["/api/v1/progress/?videos=1&active=1"]);
    expect(server.details).toEqual([]);
  });

  it("asks again with backoff while the list has no answer, and says why", async () => {
    const { server } = setup;
    server.snapshots.set("job:a", bodies.pending());
    server.handler = outage;
    const { result } = renderHook(() => useActiveJobs(), { wrapper });
    await advance(300);
    expect(result.current).toMatchObject({ isLoading: true, error: { code: "store_unavailable" } });
    server.handler = () => undefined;
    await advance(1_000);
    expect(result.current).toMatchObject({ isLoading: false, error: null });
    expect(result.current.jobs).toHaveLength(1);
  });

  it("tells why jobs wait, until one of their type runs", async () => {
    const { server, client } = setup;
    server.handler = ({ path }) =>
      path.endsWith("active=1") ? { body: listBody({ waiting: { report: "tool_missing" } }) } : undefined;
    const { result } = renderHook(() => useActiveJobs(), { wrapper });
    await advance(0);
    expect(result.current.waiting).toEqual({ report: "tool_missing" });
    server.handler = () => undefined;
    server.snapshots.set("job:a", { ...bodies.running(1, 1), job_type: "report" });
    client.watch(job("a"));
    await advance(0);
    expect(result.current.waiting).toEqual({});
  });

  it("asks at once when the page is looked at again or somebody wants it, and no more after its component", async () => {
    const { server, environment } = setup;
    environment.dice = 0.999;
    server.handler = outage;
    const { result, unmount } = renderHook(() => useActiveJobs(), { wrapper });
    await advance(20_000);
    const before = server.requests.length;
    environment.wake();
    await advance(0);
    expect(server.requests).toHaveLength(before + 1);
    act(() => result.current.refresh());
    await advance(0);
    expect(server.requests).toHaveLength(before + 2);
    unmount();
    await advance(60_000);
    expect(server.requests).toHaveLength(before + 2);
    expect(environment.openTimers).toBe(0);
  });
});

describe("the provider", () => {
  it("is missed loudly", () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    expect(() => renderHook(() => useClient())).toThrow("StatusplaneProvider");
    logged.mockRestore();
  });
});

describe("ProgressBar", () => {
  it("says label, value and text to people who hear the page", () => {
    const { getByRole } = render(
      <ProgressBar job={{ ...unknownJob(job("a")), percent: 42 }} label="소개.mp4" valueText="42 %" />,
    );
    const bar = getByRole("progressbar", { name: "소개.mp4" });
    expect(
      ["aria-valuenow", "aria-valuemin", "aria-valuemax", "aria-valuetext"].map((name) =>
        bar.getAttribute(name),
      ),
    ).toEqual(["42", "0", "100", "42 %"]);
    expect((bar.firstElementChild as HTMLElement).style.width).toBe("42%");
  });

  it("is indeterminate without a percent", () => {
    const { getByRole } = render(<ProgressBar job={unknownJob(job("a"))} label="소개.mp4" />);
    expect(getByRole("progressbar").hasAttribute("aria-valuenow")).toBe(false);
  });
});

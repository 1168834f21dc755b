// @vitest-environment happy-dom
import { act, cleanup, render, renderHook } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
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
import { bodies, outage } from "./fake-server.ts";
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
    expect(result.current?.status).toBe("UNKNOWN");
    await advance(0);
    expect(result.current).toMatchObject({ status: "PROCESSING", percent: 33 });
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
    expect([result.current, server.requests]).toEqual([undefined, []]);
    rerender({ on: job("a") });
    await advance(0);
    rerender({ on: job("b") });
    await advance(0);
    expect(result.current?.percent).toBe(20);
    expect(server.polls.at(-1)?.path).toBe("/api/v1/progress/?jobs=b");
  });
});

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
  it("asks the list at mount, follows its jobs to their ends, and keeps them", async () => {
    const { server } = setup;
    server.snapshots.set("video:1", bodies.running(1, 10));
    const { result } = renderHook(() => useActiveJobs(), { wrapper });
    expect(result.current).toMatchObject({ jobs: [], isLoading: true });
    await advance(0);
    expect(result.current).toMatchObject({ isLoading: false, more: 0, waiting: {} });
    expect(result.current.jobs.map(({ percent }) => percent)).toEqual([10]);
    server.snapshots.set("video:1", bodies.ready());
    await advance(2_000);
    expect(result.current.jobs.map(({ status }) => status)).toEqual(["READY"]);
    server.snapshots.clear();
    server.snapshots.set("job:new", bodies.pending());
    act(() => result.current.refresh());
    await advance(0);
    expect(result.current.jobs.map(({ status }) => status)).toEqual(["PENDING", "READY"]);
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
      path.endsWith("?active=1")
        ? { body: { videos: {}, jobs: {}, more: 0, waiting: { report: "tool_missing" } } }
        : undefined;
    const { result } = renderHook(() => useActiveJobs(), { wrapper });
    await advance(0);
    expect(result.current.waiting).toEqual({ report: "tool_missing" });
    server.snapshots.set("job:a", { ...bodies.running(1, 1), job_type: "report" });
    client.watch(job("a"));
    await advance(0);
    expect(result.current.waiting).toEqual({});
  });

  it("asks at once when the page is looked at again, and no more after its component", async () => {
    const { server, environment } = setup;
    environment.dice = 0.999;
    server.handler = outage;
    const { unmount } = renderHook(() => useActiveJobs(), { wrapper });
    await advance(20_000);
    const before = server.requests.length;
    environment.wake();
    await advance(0);
    expect(server.requests).toHaveLength(before + 1);
    unmount();
    await advance(60_000);
    expect(server.requests).toHaveLength(before + 1);
    expect([environment.openTimers, environment.wakeListeners]).toEqual([0, 1]); // the poller's own
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

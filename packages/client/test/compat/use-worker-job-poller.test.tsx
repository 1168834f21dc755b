// @vitest-environment happy-dom
import { act, cleanup, renderHook } from "@testing-library/react";
import { asyncStatusStore, useWorkerJobPoller } from "@statusplane/client/compat";
import { StatusplaneProvider } from "@statusplane/client/react";
import { useSyncExternalStore } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { bodies } from "../fake-server.ts";
import { setUp } from "../setup.ts";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("feeds the async status store, and goes on after its component", async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  const { client, server, environment } = setUp();
  const advance = (ms: number) => act(() => environment.advance(ms));
  server.snapshots.set("job:import-1", bodies.running(1, 10));
  const { subscribe, getSnapshot } = asyncStatusStore;
  const tray = renderHook(() => useSyncExternalStore(subscribe, getSnapshot));
  const { result, unmount } = renderHook(() => useWorkerJobPoller(), {
    wrapper: ({ children }) => <StatusplaneProvider client={client}>{children}</StatusplaneProvider>,
  });
  const { pollExcelJob, stop } = result.current;
  act(() => pollExcelJob("import-1"));
  await advance(0);
  expect(tray.result.current.get("import-1")).toMatchObject({ status: "running", percent: 10 });
  unmount();
  server.snapshots.set("job:import-1", bodies.done({ total: 3 }));
  await advance(2_000);
  expect(tray.result.current.get("import-1")).toMatchObject({ status: "success", percent: 100 });
  act(() => {
    stop("import-1");
    asyncStatusStore.removeTask("import-1");
  });
  expect(tray.result.current.size).toBe(0);
});

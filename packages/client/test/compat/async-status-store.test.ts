import { describe, expect, it, vi } from "vitest";
import { createAsyncStatusStore } from "../../src/compat/async-status-store.ts";

const step = { index: 1, total: 4, name: "검사", percent: 50 };

describe("the async status store", () => {
  it.each([
    [0, 1],
    [-5, 1],
    [41.6, 42],
    [100, 99],
    [Number.NaN, 1],
  ])("shows %s percent as %s while running", (percent, shown) => {
    const store = createAsyncStatusStore();
    store.updateProgress("t", percent);
    expect(store.getSnapshot().get("t")).toMatchObject({ status: "running", percent: shown });
  });

  it("shows a step only if all four members are there, and an unknown time as undefined", () => {
    const store = createAsyncStatusStore();
    store.updateProgress("t", 10, 90, step);
    expect(store.getSnapshot().get("t")).toMatchObject({ remainingSeconds: 90, step });
    store.updateProgress("t", 11, undefined, { index: 1, total: 4, name: "검사" });
    expect(store.getSnapshot().get("t")?.step).toBeUndefined();
    expect(store.getSnapshot().get("t")?.remainingSeconds).toBeUndefined();
  });

  it("is full at success and stays where it was at an error", () => {
    const store = createAsyncStatusStore();
    store.updateProgress("a", 40, 9, step);
    store.updateProgress("b", 40, 9, step);
    store.completeTask("a", "success");
    store.completeTask("b", "error", "처리 실패");
    const ended = { remainingSeconds: undefined, step: undefined };
    expect(store.getSnapshot().get("a")).toMatchObject({ ...ended, status: "success", percent: 100 });
    expect(store.getSnapshot().get("b")).toMatchObject({
      ...ended,
      status: "error",
      percent: 40,
      message: "처리 실패",
    });
  });

  it("takes no late report after the end, but begins anew when told so", () => {
    const store = createAsyncStatusStore();
    store.completeTask("t", "error", "처리 실패");
    store.updateProgress("t", 80);
    expect(store.getSnapshot().get("t")?.status).toBe("error");
    store.startTask("t");
    store.updateProgress("t", 80);
    expect(store.getSnapshot().get("t")).toMatchObject({
      status: "running",
      percent: 80,
      message: undefined,
    });
  });

  it("tells of changes by another map, and of nothing else", () => {
    const store = createAsyncStatusStore();
    const listener = vi.fn<() => void>();
    const end = store.subscribe(listener);
    store.updateProgress("t", 10);
    const before = store.getSnapshot();
    store.removeTask("unknown");
    expect(store.getSnapshot()).toBe(before);
    store.removeTask("t");
    expect(store.getSnapshot().size).toBe(0);
    expect(before.size).toBe(1);
    end();
    store.updateProgress("t", 10);
    expect(listener).toHaveBeenCalledTimes(2);
  });
});

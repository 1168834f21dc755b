// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import { browserEnvironment } from "../src/environment.ts";

function setVisibility(state: DocumentVisibilityState): void {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
  document.dispatchEvent(new Event("visibilitychange"));
}

describe("the browser's environment", () => {
  it("wakes when the page becomes visible or online, not when it is hidden, until that is ended", () => {
    const environment = browserEnvironment();
    const listener = vi.fn<() => void>();
    const end = environment.onWake(listener);
    setVisibility("hidden");
    expect(environment.isVisible()).toBe(false);
    expect(listener).not.toHaveBeenCalled();
    setVisibility("visible");
    window.dispatchEvent(new Event("online"));
    const shown = (persisted: boolean): Event => Object.assign(new Event("pageshow"), { persisted });
    window.dispatchEvent(shown(false)); // the load itself
    window.dispatchEvent(shown(true));
    expect(environment.isVisible()).toBe(true);
    expect(listener).toHaveBeenCalledTimes(3);
    end();
    setVisibility("visible");
    window.dispatchEvent(new Event("online"));
    window.dispatchEvent(shown(true));
    expect(listener).toHaveBeenCalledTimes(3);
    vi.restoreAllMocks();
  });

  it("believes the browser that there is no network", () => {
    const environment = browserEnvironment();
    expect(environment.isOnline()).toBe(true);
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    expect(environment.isOnline()).toBe(false);
    vi.restoreAllMocks();
  });

  it("has a clock that only rises, and timers that can be cancelled", async () => {
    const environment = browserEnvironment();
    const before = environment.now();
    const cancelled = vi.fn<() => void>();
    environment.setTimer(cancelled, 1)();
    await new Promise<void>((resolve) => environment.setTimer(resolve, 5));
    expect(environment.now()).toBeGreaterThan(before);
    expect(cancelled).not.toHaveBeenCalled();
  });

  it("is always visible and online where there is no page", () => {
    vi.stubGlobal("document", undefined);
    vi.stubGlobal("window", undefined);
    vi.stubGlobal("navigator", undefined);
    const environment = browserEnvironment();
    vi.unstubAllGlobals();
    expect([environment.isVisible(), environment.isOnline()]).toEqual([true, true]);
    expect(environment.onWake(() => {})()).toBeUndefined();
  });
});

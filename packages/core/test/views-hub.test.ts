import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ViewsHub } from "../src/status-store/views-hub.ts";
import { viewRef, type ViewHint, type ViewRef } from "../src/views/view-ref.ts";
import type { ViewState } from "../src/views/view-state.ts";

const REREAD_MS = 15_000;
const EVERY_MS = 250;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A hub over views that a test sets; what it has not heard of is found by looking alone. */
function openHub() {
  const state = { away: false, reads: 0, looks: 0, warnings: [] as string[], listening: 0 };
  const views = new Map<string, { version: number; atMs: number }>();
  let hear: (hint: ViewHint) => void = () => undefined;
  const refOf = (viewer: string): ViewRef => viewRef("1", "7", viewer);
  const stateOf = (ref: ViewRef): ViewState | null => {
    const view = views.get(ref.viewer);
    if (view === undefined) return null;
    const times = { seenAtMs: view.atMs, dueAtMs: null, attendedAtMs: null };
    return {
      ref,
      session: 1,
      version: view.version,
      positionSeconds: 1,
      lengthSeconds: 9,
      watchedSeconds: 1,
      ...times,
    };
  };
  const hub = new ViewsHub(
    {
      listen: async (_tenant, _video, heard) => {
        state.listening += 1;
        hear = heard;
        return async () => {
          state.listening -= 1;
        };
      },
      read: async (refs) => {
        state.reads += 1;
        if (state.away) throw new Error("the store does not answer");
        return refs.map(stateOf);
      },
      readRecent: async (_tenant, _video, { sinceMs }) => {
        state.looks += 1;
        if (state.away) throw new Error("the store does not answer");
        return [...views].flatMap(([viewer, { atMs }]) =>
          atMs >= sinceMs ? [{ ref: refOf(viewer), atMs }] : [],
        );
      },
      nowMs: async () => performance.now(),
    },
    {
      ...{ rereadMs: REREAD_MS, viewsEveryMs: EVERY_MS },
      log: { warn: (_fields, message) => void state.warnings.push(message), info: () => undefined },
    },
  );
  const watch = async () => {
    const told: string[] = [];
    const end = await hub.watchViews("1", "7", (news) => {
      for (const { ref, state: now } of news) told.push(`${ref.viewer} ${now?.version ?? "gone"}`);
    });
    return { told, end };
  };
  const change = (viewer: string, version: number): void => {
    views.set(viewer, { version, atMs: performance.now() });
  };
  return {
    hub,
    state,
    views,
    watch,
    change,
    hear: (viewer: string, isErased = false) => hear({ viewer, isErased }),
  };
}

it("a class that reports at once is one read, however many watch", async () => {
  const { state, watch, change, hear } = openHub();
  const watchers = [await watch(), await watch(), await watch()];
  state.reads = 0;
  for (let i = 0; i < 40; i += 1) {
    change(`s${i}`, 1);
    hear(`s${i}`);
  }
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  expect(state.reads).toBe(1);
  for (const { told } of watchers) expect(told).toHaveLength(40);
});

it("a steady flow of reports is read every interval, not put off", async () => {
  const { state, watch, change, hear } = openHub();
  const { told } = await watch();
  state.reads = 0;
  for (let version = 1; version <= 100; version += 1) {
    change("s", version);
    hear("s");
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(state.reads).toBeLessThanOrEqual(5);
  expect(told.length).toBeGreaterThanOrEqual(4);
});

it("what was not heard is found at the next look: reports, decisions and erasures", async () => {
  const { views, watch, change } = openHub();
  change("known", 1);
  change("erased", 1);
  const { told } = await watch();
  expect(told).toEqual(["known 1", "erased 1"]);
  change("unheard", 5);
  views.set("known", { version: 2, atMs: -1e9 }); // a decision is no report
  views.delete("erased");
  await vi.advanceTimersByTimeAsync(REREAD_MS + EVERY_MS);
  expect(told.slice(2).toSorted()).toEqual(["erased gone", "known 2", "unheard 5"]);
});

it("an erasure and what came after it are both told, though they are one read", async () => {
  const { watch, change, hear } = openHub();
  change("s", 9);
  const { told } = await watch();
  hear("s", true);
  change("s", 1);
  hear("s");
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  expect(told).toEqual(["s 9", "s gone", "s 1"]);
});

it("after a lost connection it looks at once", async () => {
  const { hub, watch, change } = openHub();
  const { told } = await watch();
  change("s", 1);
  hub.resubscribed();
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  expect(told).toEqual(["s 1"]);
});

it("what was heard while the store is away is read when it is back, and warned of once", async () => {
  const { state, watch, change, hear } = openHub();
  const { told } = await watch();
  state.away = true;
  change("s", 3);
  hear("s");
  await vi.advanceTimersByTimeAsync(2_000);
  expect([told, state.warnings.length]).toEqual([[], 1]);
  state.away = false;
  await vi.advanceTimersByTimeAsync(4_000);
  expect(told).toEqual(["s 3"]);
});

it("a first look that fails is told to whoever watches, and leaves nothing behind", async () => {
  const { state, watch } = openHub();
  state.away = true;
  await expect(watch()).rejects.toThrow("does not answer");
  expect(state.listening).toBe(0);
  await vi.advanceTimersByTimeAsync(2 * REREAD_MS);
  expect(state.looks).toBe(1);
});

it("without watchers nothing is listened to, and nothing read", async () => {
  const { state, watch } = openHub();
  const { end } = await watch();
  await end();
  const { looks } = state;
  await vi.advanceTimersByTimeAsync(2 * REREAD_MS);
  expect([state.listening, state.looks]).toEqual([0, looks]);
});

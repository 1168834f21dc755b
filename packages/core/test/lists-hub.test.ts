import { freshTenant } from "@statusplane/core/testing/status-store";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../src/clock.ts";
import { jobRef } from "../src/job-ref.ts";
import { ListsHub } from "../src/status-store/lists-hub.ts";
import type { TenantLists } from "../src/status-store-ports.ts";
import { readTenantLists } from "../src/tenant-lists.ts";

const REREAD_MS = 15_000;
const EVERY_MS = 250;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const tenant = freshTenant();

/** Lists that differ whenever the number does. */
function listsOf(more: number): TenantLists {
  return { active: { snapshots: [], more }, ended: [] };
}

/** A hub whose source says `present`, or nothing while it is away. */
function openHub() {
  const state = { present: 0, away: false, reads: [] as number[], warnings: [] as string[], listening: 0 };
  let hear: () => void = () => undefined;
  const source = {
    listenLists: async (_tenant: string, heard: () => void) => {
      state.listening += 1;
      hear = heard;
      return async () => {
        state.listening -= 1;
      };
    },
    readLists: async () => {
      state.reads.push(performance.now());
      const read = listsOf(state.present);
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (state.away) throw new Error("the store does not answer");
      return read;
    },
  };
  const log = {
    warn: (_fields: unknown, message: string) => void state.warnings.push(message),
    info: () => undefined,
  };
  const hub = new ListsHub(source, { rereadMs: REREAD_MS, listEveryMs: EVERY_MS, log });
  const watch = async () => {
    const told: number[] = [];
    const [end] = await Promise.all([
      hub.watch(tenant, ({ active }) => told.push(active.more)),
      vi.advanceTimersByTimeAsync(10),
    ]);
    return { told, end };
  };
  const change = (present: number): void => {
    state.present = present;
    hear();
  };
  return { hub, state, watch, change };
}

it("many changes at once are one read, not earlier than the interval allows", async () => {
  const { state, watch, change } = openHub();
  const { told, end } = await watch();
  const timers = vi.spyOn(systemClock, "after");
  for (let i = 1; i <= 50; i++) change(i);
  expect(timers).toHaveBeenCalledTimes(1); // a steady flow does not put the read off
  await vi.advanceTimersByTimeAsync(EVERY_MS - 11);
  expect([state.reads.length, told]).toEqual([1, [0]]);
  await vi.advanceTimersByTimeAsync(11);
  expect([state.reads.length, told]).toEqual([2, [0, 50]]);
  await vi.advanceTimersByTimeAsync(EVERY_MS * 4);
  change(51);
  await vi.advanceTimersByTimeAsync(10);
  expect(told).toEqual([0, 50, 51]);
  await end();
});

it("a change that is heard while a read is under way is read after it", async () => {
  const { watch, change } = openHub();
  const { told, end } = await watch();
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  change(1);
  await vi.advanceTimersByTimeAsync(5);
  change(2);
  await vi.advanceTimersByTimeAsync(5);
  expect(told).toEqual([0, 1]);
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  expect(told).toEqual([0, 1, 2]);
  await end();
});

it("a change that nobody heard of is found by the next re-read, and none is told twice", async () => {
  const { state, watch } = openHub();
  const { told, end } = await watch();
  await vi.advanceTimersByTimeAsync(REREAD_MS + 10);
  expect([state.reads.length, told]).toEqual([2, [0]]);
  state.present = 1;
  await vi.advanceTimersByTimeAsync(REREAD_MS + 10);
  expect(told).toEqual([0, 1]);
  await end();
});

it("a read that fails is repeated, ever later, said once, and made up for at once when the source is back", async () => {
  const { hub, state, watch, change } = openHub();
  const { told, end } = await watch();
  state.away = true;
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  change(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(state.reads.length).toBeGreaterThan(6);
  expect(state.reads.length).toBeLessThan(14);
  expect(state.warnings).toEqual(["could not read a tenant's lists; they are read again"]);
  await expect(
    Promise.all([hub.watch(tenant, () => undefined), vi.advanceTimersByTimeAsync(10)]),
  ).rejects.toThrow("does not answer");
  state.away = false;
  hub.reread();
  await vi.advanceTimersByTimeAsync(EVERY_MS + 10);
  expect(told).toEqual([0, 1]);
  await end();
});

it("who comes later is told what was read just now, or a new read; the last one ends the watch", async () => {
  const { state, watch, change } = openHub();
  const first = await watch();
  const second = await watch();
  expect([state.reads.length, second.told]).toEqual([1, [0]]);
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  state.present = 1;
  const third = await watch();
  expect([first.told, second.told, third.told]).toEqual([[0, 1], [0, 1], [1]]);
  expect(state.listening).toBe(1);
  for (const { end } of [first, second, third]) await end();
  expect(state.listening).toBe(0);
  change(2);
  await vi.advanceTimersByTimeAsync(REREAD_MS * 2);
  expect(state.reads).toHaveLength(2);
});

it("whose first read fails watches nothing", async () => {
  const { hub, state } = openHub();
  state.away = true;
  await expect(
    Promise.all([hub.watch(tenant, () => undefined), vi.advanceTimersByTimeAsync(10)]),
  ).rejects.toThrow("does not answer");
  await vi.advanceTimersByTimeAsync(REREAD_MS * 2);
  expect([state.listening, state.reads.length]).toEqual([0, 1]);
});

it("a job that lives again while it is still on the ended list is shown as live alone", async () => {
  const [again, over] = [jobRef(tenant, "job", "1"), jobRef(tenant, "job", "2")];
  const snapshot = { ref: again, attempt: 2, version: 0, status: "PENDING", text: "", etag: "" } as const;
  const lists = await readTenantLists(
    {
      readActive: async () => ({ snapshots: [snapshot], more: 0 }),
      readEnded: async () => [again, over].map((ref) => ({ ref, endedAtMs: 5 })),
    },
    tenant,
  );
  expect(lists.ended.map(({ ref }) => ref.id)).toEqual(["2"]);
});

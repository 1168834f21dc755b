import { compareSnapshots, FINAL_VERSION } from "@statusplane/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBody } from "../src/reading.ts";
import {
  isOver,
  isUnknown,
  newWatch,
  reduceWatch,
  type WatchEvent,
  type WatchState,
} from "../src/watch-state.ts";
import { progressBody } from "./fake-server.ts";
import { video } from "./setup.ts";

const ref = video("1");
const reading = (body: unknown) => readBody(ref, body, "ko");

/** Snapshots as one job's attempts may leave them, terminal ones included. */
const snapshot = fc
  .record({
    attempt: fc.integer({ min: 1, max: 4 }),
    version: fc.integer({ min: 0, max: 6 }),
    isTerminal: fc.boolean(),
    terminal: fc.constantFrom("READY", "FAILED", "CANCELLED"),
  })
  .map(({ attempt, version, isTerminal, terminal }) => {
    if (isTerminal) return { attempt, version: FINAL_VERSION, status: terminal };
    return version === 0
      ? { attempt, version, status: "PENDING" }
      : { attempt, version, status: "PROCESSING", ...progressBody({ percent: version * 10 }) };
  });

const event: fc.Arbitrary<WatchEvent> = fc.oneof(
  { weight: 6, arbitrary: snapshot.map((body) => answer(body)) },
  {
    weight: 2,
    arbitrary: snapshot.map((body): WatchEvent => ({ type: "found", reading: reading(body), atMs: 0 })),
  },
  fc.constantFrom<WatchEvent>(
    { type: "missing", atMs: 0, isAsked: true },
    { type: "missing", atMs: 0, isAsked: false },
    { type: "lost", atMs: 0, isOutage: false },
    { type: "unchanged", serverNowMs: 0, atMs: 0 },
    { type: "watched", atMs: 0 },
    { type: "reopened", atMs: 0 },
  ),
);

function answer(body: unknown, serverNowMs: number | null = null): WatchEvent {
  return { type: "answer", reading: reading(body), serverNowMs, atMs: 0 };
}

function phaseOf(state: WatchState): "unknown" | "live" | "ended" | "gone" {
  if (isUnknown(state)) return "unknown";
  if (state.job.gone) return "gone";
  return isOver(state) ? "ended" : "live";
}

function play(events: readonly WatchEvent[]): WatchState[] {
  const states = [newWatch(ref, 0)];
  for (const next of events) states.push(reduceWatch(states.at(-1) ?? newWatch(ref, 0), next));
  return states;
}

describe("the state of a watched job", () => {
  it("never steps back in (attempt, version), whatever comes late, twice or out of order", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const states = play(events);
        for (const [i, state] of states.slice(1).entries()) {
          const before = states[i] ?? state;
          expect(compareSnapshots(state.job, before.job)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it("ends with the highest (attempt, version) it was told, in whatever order", () => {
    fc.assert(
      fc.property(fc.array(snapshot, { minLength: 1, maxLength: 20 }), (bodies) => {
        const last = play(bodies.map((body) => answer(body))).at(-1);
        const highest = bodies.reduce((a, b) => (compareSnapshots(a, b) >= 0 ? a : b));
        expect(last?.job).toMatchObject({ attempt: highest.attempt, version: highest.version });
      }),
    );
  });

  it("is unknown before its first answer, ended exactly with a terminal status, and gone only when told so", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        for (const state of play(events)) {
          const [phase, { job }] = [phaseOf(state), state];
          if (phase === "unknown") expect(job.status).toBe("UNKNOWN");
          expect(phase === "ended").toBe(["READY", "FAILED", "CANCELLED"].includes(job.status));
          expect(phase).not.toBe("gone");
        }
      }),
    );
  });

  it("opens again on a higher attempt", () => {
    const states = play([
      answer({ attempt: 1, version: FINAL_VERSION, status: "FAILED" }),
      answer({ attempt: 2, version: 0, status: "PENDING" }),
    ]);
    expect(states.map(phaseOf)).toEqual(["unknown", "ended", "live"]);
  });

  it("is polled as young again when it opens again", () => {
    const pending = { reading: reading({ attempt: 2, version: 0, status: "PENDING" }), serverNowMs: null };
    const states = play([
      answer({ attempt: 1, version: FINAL_VERSION, status: "FAILED" }),
      { type: "answer", ...pending, atMs: 90_000 },
    ]);
    expect(states.map(({ sinceMs }) => sinceMs)).toEqual([0, 0, 90_000]);
  });

  it("takes every differing answer of attempt 0, until it has seen a higher attempt", () => {
    const foreign = (percent: number) =>
      answer({ attempt: 0, version: 0, status: "PROCESSING", ...progressBody({ percent }) });
    const states = play([
      foreign(20),
      foreign(10),
      answer({ attempt: 1, version: 1, status: "PROCESSING" }),
      foreign(90),
    ]);
    expect(states.map(({ job }) => job.percent)).toEqual([null, 20, 10, null, null]);
    expect(states.at(-1)?.job.attempt).toBe(1);
  });

  it("keeps the same job object while nothing shown changes", () => {
    const body = { attempt: 1, version: 3, status: "PROCESSING", ...progressBody({ percent: 30 }) };
    const states = play([answer(body), answer(body), { type: "unchanged", serverNowMs: 0, atMs: 0 }]);
    expect(states[2]?.job).toBe(states[1]?.job);
    expect(states[3]?.job).toBe(states[1]?.job);
  });

  it("is stalled when PROCESSING is more than 45 s old by the server's clock, until it moves again", () => {
    const at = Date.parse("2026-01-01T00:00:00.000Z");
    const body = (version: number, updatedMs: number) => ({
      attempt: 1,
      version,
      status: "PROCESSING",
      updated_at: new Date(updatedMs).toISOString(),
    });
    const states = play([
      answer(body(1, at), at + 45_000),
      { type: "unchanged", serverNowMs: at + 46_000, atMs: 0 },
      { type: "unchanged", serverNowMs: null, atMs: 0 },
      answer(body(2, at + 47_000), at + 48_000),
      answer({ ...body(3, at), status: "PENDING", attempt: 2 }, at + 900_000),
    ]);
    expect(states.map(({ job }) => job.isStalled)).toEqual([false, false, true, true, false, false]);
  });

  it("is never stalled without a time", () => {
    const states = play([answer({ attempt: 0, version: 0, status: "PROCESSING", updated_at: null }, 1e15)]);
    expect(states.at(-1)?.job.isStalled).toBe(false);
  });

  it("that tells no time is unchanged after 10 minutes in which this page saw none, until it moves again", () => {
    const plain = (percent: number, atMs: number, attempt = 0): WatchEvent => ({
      type: "answer",
      reading: reading({ attempt, version: 0, status: "PROCESSING", ...progressBody({ percent }) }),
      serverNowMs: atMs,
      atMs,
    });
    const minute = 60_000;
    const states = play([
      plain(5, minute),
      plain(5, 10 * minute),
      plain(5, 11 * minute),
      { type: "unchanged", serverNowMs: null, atMs: 26 * minute },
      plain(6, 27 * minute),
      plain(6, 40 * minute),
      plain(6, 41 * minute, 1),
    ]);
    const said = states.slice(1).map(({ job }) => job.unchangedMinutes);
    expect(said).toEqual([undefined, undefined, 10, 25, undefined, 13, undefined]);
    expect(states.some(({ job }) => job.isStalled)).toBe(false);
  });

  it("is polled for 30 s after an accepted retry, while the store still says the old end", () => {
    const failed = { attempt: 1, version: FINAL_VERSION, status: "FAILED" };
    const later = (atMs: number): WatchEvent => ({
      type: "answer",
      reading: reading(failed),
      serverNowMs: null,
      atMs,
    });
    const states = play([answer(failed), { type: "reopened", atMs: 0 }, later(29_999), later(30_000)]);
    expect(states.map(({ recheckUntilMs }) => recheckUntilMs)).toEqual([null, null, 30_000, 30_000, null]);
  });
});

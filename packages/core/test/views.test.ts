import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bitmapOf,
  countReport,
  countWatched,
  endOfWatched,
  evaluateView,
  FIRST_CREDIT_MS,
  firstUnwatched,
  isWatched,
  mergeWatched,
  neededSeconds,
  parseViewInTenant,
  rangesOf,
  readPolicy,
  viewInTenant,
  viewRef,
  type CountedView,
  type Report,
  type ViewerClock,
  type WatchedView,
} from "../src/index.ts";
import { DEFAULT_POLICY, type PolicyBody, type SecondsRange } from "../src/wire/index.ts";

/** Every bitmap of so many seconds. */
const all = (seconds: number): Uint8Array[] =>
  Array.from({ length: 2 ** seconds }, (_, bits) =>
    bitmapOf(
      Array.from({ length: seconds }, (__, at) => at).flatMap((at): SecondsRange[] =>
        (bits >> at) % 2 === 1 ? [[at, at + 1]] : [],
      ),
    ),
  );
const texts = (watched: Uint8Array): string => JSON.stringify(rangesOf(watched));

describe("bitmaps", () => {
  it("merge alike in any order, grouping and repetition, over all bitmaps of five seconds", () => {
    for (const one of all(5)) {
      expect(texts(mergeWatched(one, one))).toBe(texts(one));
      for (const other of all(5)) {
        const both = mergeWatched(one, other);
        expect(texts(mergeWatched(other, one))).toBe(texts(both));
        expect(texts(mergeWatched(both, one))).toBe(texts(both));
        for (let second = 0; second < 5; second++) {
          expect(isWatched(both, second)).toBe(isWatched(one, second) || isWatched(other, second));
        }
      }
    }
  });

  it("are ranges in another form", () => {
    for (const watched of all(9)) {
      const ranges = rangesOf(watched);
      expect(texts(bitmapOf(ranges))).toBe(texts(watched));
      expect(countWatched(watched)).toBe(ranges.reduce((sum, [from, to]) => sum + to - from, 0));
      expect(endOfWatched(watched)).toBe(ranges.at(-1)?.[1] ?? 0);
      expect(firstUnwatched(watched)).toBe(ranges[0]?.[0] === 0 ? ranges[0][1] : 0);
    }
  });
});

describe("a view's name", () => {
  it("comes back whatever the subject is", () => {
    for (const viewer of ["a", "a:b", "누구@x", "{x}", "100%", "*", "a b"]) {
      const ref = viewRef("t", "7", viewer);
      expect(viewInTenant(ref)).toMatch(/^7:[^:{}\s]+$/);
      expect(parseViewInTenant("t", viewInTenant(ref))).toEqual(ref);
    }
    expect(parseViewInTenant("t", "nothing")).toBeNull();
  });
});

describe("the counting of reports", () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 20_000 }),
    player: fc.constantFrom("p1", "p2"),
    from: fc.integer({ min: 0, max: 60 }),
    length: fc.integer({ min: 1, max: 40 }),
    agoMs: fc.constantFrom(0, 0, 50_000),
  });

  it("never exceeds the time that has passed, nor names a second that no report named", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), fc.constantFrom(1, 2), (steps, maxSpeed) => {
        let view: CountedView = {
          ...{
            session: 0,
            version: 0,
            player: "",
            positionSeconds: null,
            positionAtMs: 0,
            lengthSeconds: 90,
          },
          ...{
            watchedSeconds: 0,
            seenAtMs: null,
            dueAtMs: null,
            watched: new Uint8Array(0),
            sessions: new Map(),
          },
        };
        let clock: ViewerClock | null = null;
        let nowMs = 1_000_000;
        let named: Uint8Array = new Uint8Array(0);
        let beganAtMs: number | null = null;
        for (const { waitMs, player, from, length, agoMs } of steps) {
          nowMs += waitMs;
          beganAtMs ??= nowMs;
          const report: Report = {
            ...{ player, ranges: [[from, from + length]], positionSeconds: 0, speed: 1 },
            ...{ muted: false, hidden: false, left: false, agoMs },
          };
          const rules = { lengthSeconds: 90, maxSpeed, seekAhead: true, places: 1, neededSeconds: 81 };
          const decided = countReport({ view, clock }, report, { ...rules, deadlineMs: null, nowMs });
          if (decided.outcome === "refused") continue;
          const before = view;
          ({ view, clock } = decided);
          named = mergeWatched(named, bitmapOf([[from, from + length]]));
          expect(texts(mergeWatched(view.watched, named))).toBe(texts(named));
          expect(texts(mergeWatched(view.watched, before.watched))).toBe(texts(view.watched));
          expect(view.watchedSeconds).toBe(countWatched(view.watched));
          const passedMs = nowMs - beganAtMs + FIRST_CREDIT_MS;
          // each report may round in the viewer's favour by less than a second
          expect(view.watchedSeconds).toBeLessThanOrEqual((passedMs / 1_000) * maxSpeed + steps.length);
        }
      }),
    );
  });
});

describe("what follows from a view", () => {
  const nowMs = Date.parse("2026-03-02T00:00:00.000Z");
  const viewer = { viewer: "s1", groups: ["3"] };
  const view = (given: Partial<WatchedView> = {}): WatchedView => ({
    ...{
      lengthSeconds: 100,
      watchedSeconds: 0,
      positionSeconds: null,
      attendedAtMs: null,
      firstUnwatched: null,
    },
    ...given,
  });
  const policy = (given: Partial<PolicyBody> = {}): PolicyBody => ({ ...DEFAULT_POLICY, ...given });
  const over = "2026-03-01T00:00:00.000Z";

  it("attends from the needed second on, for every length, percent and number of seconds of a small scope", () => {
    for (let length = 1; length <= 12; length++) {
      for (const percent of [1, 33, 50, 90, 100]) {
        for (let watched = 0; watched <= length; watched++) {
          const { attended, next } = evaluateView(
            view({ lengthSeconds: length, watchedSeconds: watched }),
            policy({ attended_percent: percent }),
            { viewer, nowMs },
          );
          expect(attended).toBe(watched * 100 >= length * percent);
          expect(next.left_seconds === 0).toBe(attended);
          expect(attended || watched + next.left_seconds === neededSeconds(length, percent)).toBe(true);
        }
      }
    }
  });

  it.each([
    ["a video that is not ready", view({ lengthSeconds: 0 }), policy(), false, "not_ready"],
    ["anybody", view(), policy(), false, null],
    ["a group", view(), policy({ audience: { kind: "groups", groups: ["3"] } }), false, null],
    [
      "another group",
      view(),
      policy({ audience: { kind: "groups", groups: ["4"] } }),
      false,
      "not_in_audience",
    ],
    ["a list", view(), policy({ audience: { kind: "viewers", viewers: ["s1"] } }), false, null],
    [
      "a list without them",
      view(),
      policy({ audience: { kind: "viewers", viewers: [] } }),
      false,
      "not_in_audience",
    ],
    ["a deadline that is over", view({ watchedSeconds: 100 }), policy({ deadline: over }), false, null],
    ["one that closes", view(), policy({ deadline: over, after_deadline: "closed" }), false, "deadline_over"],
    ["a decision before it", view({ attendedAtMs: 1 }), policy({ deadline: over }), true, null],
    [
      "a decision by an older policy",
      view({ attendedAtMs: 1 }),
      policy({ attended_percent: 100 }),
      true,
      null,
    ],
  ] as const)("of %s", (_what, seen, holding, attended, reason) => {
    const evaluated = evaluateView(seen, holding, { viewer, nowMs });
    expect(evaluated).toMatchObject({ attended, reason, may_play: reason === null });
  });

  it.each([
    [null, null, 0],
    [40, 3, 40],
    [96, 30, 30],
    [100, 100, 0],
    [100, null, 0],
  ])("goes on from %s with the first gap at %s at %s", (positionSeconds, gap, position) => {
    const seen = view({ positionSeconds, firstUnwatched: gap });
    expect(evaluateView(seen, DEFAULT_POLICY, { viewer, nowMs }).next.position).toBe(position);
  });

  it("reads a policy back as it was written, and takes the default of what is not there", () => {
    const written = policy({ places: 1, deadline: over, audience: { kind: "groups", groups: ["3"] } });
    expect(readPolicy(JSON.parse(JSON.stringify(written)))).toEqual(written);
    expect(readPolicy({})).toEqual(DEFAULT_POLICY);
    expect(readPolicy(null)).toBeNull();
  });
});

import {
  bitmapOf,
  countReport,
  FIRST_CREDIT_MS,
  PLACE_MS,
  rangesOf,
  uuidV7,
  viewRef,
  type CountedView,
  type CountRules,
  type RecordedView,
  type Report,
  type ViewerClock,
  type ViewFlushStore,
  type ViewRef,
  type ViewStore,
} from "@statusplane/core";
import { DEFAULT_POLICY, type SecondsRange } from "@statusplane/core/wire";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordedView } from "./recorded-view.ts";

/** A store of views whose clock the tests turn. */
export interface OpenedViews {
  readonly views: ViewStore & ViewFlushStore;
  readonly close: () => Promise<void>;
}

const RULES: CountRules = {
  lengthSeconds: 100,
  maxSpeed: 2,
  seekAhead: true,
  places: 2,
  neededSeconds: 90,
  deadlineMs: null,
};
const SECOND_MS = 1_000;

function report(ranges: readonly SecondsRange[], given: Partial<Report> = {}): Report {
  const positionSeconds = ranges.at(-1)?.[1] ?? 0;
  const rest = { player: "p1", speed: 1, muted: false, hidden: false, left: false, agoMs: 0 };
  return { ranges, positionSeconds, ...rest, ...given };
}

/** The contract of `ViewStore` and `ViewFlushStore`. @param open a store whose clock is `now`. */
export function describeViews(name: string, open: (now: () => number) => Promise<OpenedViews>): void {
  describe(`${name} keeps the contract of views`, () => {
    let opened: OpenedViews | undefined;
    let nowMs = 1_764_000_000_000;
    beforeAll(async () => {
      opened = await open(() => nowMs);
    });
    afterAll(() => opened?.close());
    const store = (): OpenedViews["views"] => {
      if (opened === undefined) throw new Error("the store is opened before the tests");
      return opened.views;
    };
    const freshTenant = (): string => `t${uuidV7()}`;
    const begun = async (tenant = freshTenant(), viewer = "a@b.c: 누구"): Promise<ViewRef> => {
      const ref = viewRef(tenant, "7", viewer);
      await store().load([{ ref, recorded: null }]);
      return ref;
    };
    const seen = async (ref: ViewRef): Promise<SecondsRange[]> =>
      rangesOf((await store().readWatched(ref)) ?? new Uint8Array(0));
    const count = async (tenant: string): Promise<number> => (await store().readDirtyCount(tenant)).count;
    /** Of the one view that is dirty. */
    const mark = async (tenant: string): Promise<string> => {
      const [dirty] = await store().readDirty(tenant, 1);
      if (dirty === undefined) throw new Error("nothing is dirty");
      return dirty.mark;
    };
    const pass = (seconds: number): void => {
      nowMs += seconds * SECOND_MS;
    };

    it("does not know a view that was not loaded, and says so", async () => {
      const ref = viewRef(freshTenant(), "7", "x");
      expect(await store().report(ref, report([[0, 5]]), RULES)).toEqual({ outcome: "load" });
      expect(await store().read([ref])).toEqual([null]);
      expect(await store().readWatched(ref)).toBeNull();
      expect(await count(ref.tenant)).toBe(0);
    });

    it("counts what was played, and a repeated report nothing", async () => {
      const ref = await begun();
      const first = await store().report(
        ref,
        report(
          [
            [0, 10],
            [20, 25],
          ],
          { positionSeconds: 25.5 },
        ),
        RULES,
      );
      expect(first).toMatchObject({ outcome: "counted", countedSeconds: 15 });
      expect(first).toMatchObject({
        state: { session: 1, version: 1, positionSeconds: 25.5, seenAtMs: nowMs },
      });
      const again = await store().report(
        ref,
        report(
          [
            [0, 10],
            [20, 25],
          ],
          { positionSeconds: 25.5 },
        ),
        RULES,
      );
      expect(again).toMatchObject({
        countedSeconds: 0,
        state: { session: 1, version: 2, watchedSeconds: 15 },
      });
      expect(await seen(ref)).toEqual([
        [0, 10],
        [20, 25],
      ]);
      expect(await store().read([ref])).toMatchObject([{ watchedSeconds: 15, lengthSeconds: 100 }]);
    });

    it("counts no more seconds than have passed, times the speed that is allowed", async () => {
      const ref = await begun();
      const most = (FIRST_CREDIT_MS / SECOND_MS) * RULES.maxSpeed;
      const first = await store().report(ref, report([[0, 100]]), RULES);
      expect(first).toMatchObject({ countedSeconds: most, leftOut: { too_fast: 100 - most } });
      pass(10);
      const second = await store().report(ref, report([[0, 100]]), { ...RULES, places: 1 });
      expect(second).toMatchObject({ countedSeconds: 20, leftOut: { too_fast: 100 - most - 20 } });
    });

    it("shares a viewer's time among all videos, and not with another viewer", async () => {
      const ref = await begun();
      const [other, foreign] = [viewRef(ref.tenant, "8", ref.viewer), viewRef(ref.tenant, "8", "somebody")];
      await store().load([other, foreign].map((each) => ({ ref: each, recorded: null })));
      expect(await store().report(ref, report([[0, 20]]), RULES)).toMatchObject({ countedSeconds: 20 });
      expect(await store().report(other, report([[0, 20]]), RULES)).toMatchObject({ countedSeconds: 10 });
      expect(await store().report(foreign, report([[0, 20]]), RULES)).toMatchObject({ countedSeconds: 20 });
    });

    it("leaves out what is behind the end", async () => {
      const ref = await begun();
      const counted = await store().report(ref, report([[95, 110]]), RULES);
      expect(counted).toMatchObject({ countedSeconds: 5, leftOut: { beyond_end: 10 } });
    });

    it("leaves out what was skipped to, where nobody may skip", async () => {
      const ref = await begun();
      const rules = { ...RULES, seekAhead: false };
      const counted = await store().report(
        ref,
        report([
          [0, 5],
          [8, 10],
          [30, 40],
        ]),
        rules,
      );
      expect(counted).toMatchObject({ countedSeconds: 7, leftOut: { ahead: 10 } });
      const next = await store().report(ref, report([[13, 15]]), rules);
      expect(next).toMatchObject({ countedSeconds: 2 });
      expect(await store().report(ref, report([[19, 20]]), rules)).toMatchObject({ leftOut: { ahead: 1 } });
    });

    it("refuses a player while as many others play as may, until one leaves or falls silent", async () => {
      const ref = await begun();
      const rules = { ...RULES, places: 1 };
      await store().report(ref, report([]), rules);
      expect(await store().report(ref, report([[0, 3]], { player: "p2" }), rules)).toEqual({
        outcome: "refused",
      });
      await store().report(ref, report([], { left: true }), rules);
      expect(await store().report(ref, report([[0, 3]], { player: "p2" }), rules)).toMatchObject({
        countedSeconds: 3,
        state: { session: 2 },
      });
      expect(await store().report(ref, report([[5, 6]]), rules)).toEqual({ outcome: "refused" });
      pass(PLACE_MS / SECOND_MS);
      expect(await store().report(ref, report([[5, 6]]), rules)).toMatchObject({ outcome: "counted" });
    });

    it("counts nothing by a grant of an earlier generation, and goes on by a sign-in and by the next one", async () => {
      const ref = await begun();
      const { tenant, viewer } = ref;
      const before = await store().readGeneration(tenant, viewer);
      const by = (generation: number | null) =>
        store().report(ref, report([[0, 5]]), { ...RULES, generation });
      expect(await by(before)).toMatchObject({ outcome: "counted", countedSeconds: 5 });
      await store().revokeGrants(tenant, viewer);
      const version = (await store().read([ref]))[0]?.version;
      expect(await by(before)).toEqual({ outcome: "revoked" });
      expect(await store().read([ref])).toMatchObject([{ version }]);
      expect(await by(null)).toMatchObject({ outcome: "counted" });
      const next = await store().readGeneration(tenant, viewer);
      expect(await by(next)).toMatchObject({ outcome: "counted" });
      expect([await by(before), await by(next + 1)]).toEqual([
        { outcome: "revoked" },
        { outcome: "revoked" },
      ]);
      expect(await store().readGeneration(tenant, `${viewer}2`)).toBe(before);
    });

    it("takes what was kept without a network: in nobody's place, and without moving the position back", async () => {
      const ref = await begun();
      const rules = { ...RULES, places: 1 };
      await store().report(ref, report([]), rules);
      pass(120);
      await store().report(ref, report([[40, 50]], { player: "p2" }), rules);
      const kept = report([[0, 10]], { positionSeconds: 10, agoMs: 60_000 });
      const counted = await store().report(ref, kept, rules);
      expect(counted).toMatchObject({ countedSeconds: 10, state: { positionSeconds: 50, seenAtMs: nowMs } });
    });

    it("remembers when enough was watched, and not after the deadline", async () => {
      const [inTime, late] = [await begun(), await begun()];
      const rules = { ...RULES, neededSeconds: 10 };
      const dueAtMs = nowMs;
      expect(await store().report(inTime, report([[0, 10]]), { ...rules, deadlineMs: nowMs })).toMatchObject({
        state: { dueAtMs },
      });
      pass(60);
      expect(await store().report(inTime, report([[10, 20]]), rules)).toMatchObject({ state: { dueAtMs } });
      expect(
        await store().report(late, report([[0, 10]]), { ...rules, deadlineMs: nowMs - 1 }),
      ).toMatchObject({
        state: { dueAtMs: null },
      });
    });

    it("puts a row in, with credit for the time since it was written, and merges it with what is there", async () => {
      const ref = viewRef(freshTenant(), "7", "x");
      const recorded: RecordedView = {
        ...{ session: 4, version: 9, positionSeconds: 12.25, lengthSeconds: 100, attendedAtMs: null },
        seenAtMs: nowMs - 30_000,
        watched: bitmapOf([[0, 12]]),
      };
      await store().load([{ ref, recorded }]);
      expect(await store().read([ref])).toMatchObject([
        { session: 5, version: 9, positionSeconds: 12.25, watchedSeconds: 12, seenAtMs: nowMs - 30_000 },
      ]);
      const counted = await store().report(ref, report([[12, 100]]), { ...RULES, maxSpeed: 1 });
      expect(counted).toMatchObject({ countedSeconds: 45, state: { session: 6 } });
      const more = { ...recorded, watched: bitmapOf([[90, 95]]), attendedAtMs: 5 };
      await store().load([{ ref, recorded: more }]);
      expect(await seen(ref)).toEqual([
        [0, 57],
        [90, 95],
      ]);
      const merged = { watchedSeconds: 62, attendedAtMs: 5, session: 6, version: 11 };
      expect(await store().read([ref])).toMatchObject([merged]);
      for (const nothingNew of [null, more]) {
        await store().load([{ ref, recorded: nothingNew }]);
        expect(await store().read([ref])).toMatchObject([merged]);
      }
    });

    it("stays dirty where a row has brought back what the store had lost, until that is written, too", async () => {
      const ref = await begun();
      const { tenant } = ref;
      await store().report(ref, report([[0, 3]]), RULES);
      const written = await mark(tenant);
      const recorded = recordedView();
      await store().load([{ ref, recorded }]);
      await store().settle(tenant, [{ ref, mark: written, attendedAtMs: null }]);
      expect(await count(tenant)).toBe(1);
      await store().settle(tenant, [{ ref, mark: await mark(tenant), attendedAtMs: null }]);
      expect(await count(tenant)).toBe(0);
    });

    it("is dirty from its first report until that version is settled, and keeps a decision", async () => {
      const ref = await begun();
      const { tenant } = ref;
      expect(await store().readDirty(tenant, 10)).toEqual([]);
      const sinceMs = nowMs;
      await store().report(ref, report([[0, 3]], { muted: true }), RULES);
      pass(3);
      await store().report(ref, report([[3, 6]], { player: "p2", speed: 1.5, hidden: true }), RULES);
      expect(await store().readDirtyTenants()).toContain(tenant);
      const [dirty] = await store().readDirty(tenant, 10);
      expect(dirty).toMatchObject({
        ref,
        version: 2,
        session: 2,
        dirtySinceMs: sinceMs,
        knownSinceMs: sinceMs,
      });
      expect(rangesOf(dirty?.watched ?? new Uint8Array(0))).toEqual([[0, 6]]);
      expect(dirty?.sessions).toEqual([
        {
          session: 1,
          beganAtMs: sinceMs,
          endedAtMs: sinceMs,
          countedSeconds: 3,
          mutedSeconds: 3,
          hiddenSeconds: 0,
          speed: 1,
        },
        {
          session: 2,
          beganAtMs: nowMs,
          endedAtMs: nowMs,
          countedSeconds: 3,
          mutedSeconds: 0,
          hiddenSeconds: 3,
          speed: 1.5,
        },
      ]);
      pass(5);
      await store().settle(tenant, [{ ref, mark: null, attendedAtMs: null }]);
      expect(await store().readDirtyCount(tenant)).toEqual({ count: 1, oldestAtMs: sinceMs });
      await store().settle(tenant, [{ ref, mark: "another", attendedAtMs: null }]);
      expect(await store().readDirtyCount(tenant)).toEqual({ count: 1, oldestAtMs: nowMs });
      await store().settle(tenant, [{ ref, mark: await mark(tenant), attendedAtMs: 77 }]);
      expect(await count(tenant)).toBe(0);
      expect(await store().read([ref])).toMatchObject([{ attendedAtMs: 77, version: 3 }]);
      await store().report(ref, report([], { player: "p2" }), RULES);
      await store().settle(tenant, [{ ref, mark: await mark(tenant), attendedAtMs: 99 }]);
      expect(await store().read([ref])).toMatchObject([{ attendedAtMs: 77, version: 4 }]);
    });

    it("stays dirty where what was written is of before a loss, though its version came again", async () => {
      const ref = await begun();
      const { tenant } = ref;
      await store().report(ref, report([[0, 3]]), RULES);
      const before = await mark(tenant);
      await store().erase(tenant, { video: ref.video, viewer: ref.viewer, videos: [] });
      pass(1);
      await store().load([{ ref, recorded: null }]);
      expect(await store().report(ref, report([[5, 6]]), RULES)).toMatchObject({ state: { version: 1 } });
      await store().settle(tenant, [{ ref, mark: before, attendedAtMs: null }]);
      expect(await count(tenant)).toBe(1);
    });

    it("answers the oldest of what is dirty, as many as are asked for", async () => {
      const tenant = freshTenant();
      for (const viewer of ["a", "b", "c"]) {
        await store().report(await begun(tenant, viewer), report([[0, 1]]), RULES);
        pass(1);
      }
      const dirty = await store().readDirty(tenant, 2);
      expect(dirty.map(({ ref }) => ref.viewer)).toEqual(["a", "b"]);
    });

    it("tells whose views have changed since, newest first", async () => {
      const tenant = freshTenant();
      const startMs = nowMs;
      for (const viewer of ["a", "b", "c"]) {
        await store().report(await begun(tenant, viewer), report([[0, 1]]), RULES);
        pass(1);
      }
      const recent = await store().readRecent(tenant, "7", { sinceMs: startMs + 1_000, limit: 10 });
      expect(recent.map(({ ref, atMs }) => [ref.viewer, atMs - startMs])).toEqual([
        ["c", 2_000],
        ["b", 1_000],
      ]);
      await store().settle(tenant, [{ ref: viewRef(tenant, "7", "a"), mark: null, attendedAtMs: 5 }]);
      const decided = await store().readRecent(tenant, "7", { sinceMs: startMs + 3_000, limit: 10 });
      expect(decided.map(({ ref }) => ref.viewer)).toEqual(["a"]);
      expect(await store().readRecent(tenant, "8", { sinceMs: 0, limit: 10 })).toEqual([]);
    });

    it.each([
      ["a video", { video: "7", viewer: null, videos: [] }, ["8/a"]],
      ["a viewer", { video: null, viewer: "a", videos: ["7", "8"] }, ["7/b"]],
      ["a viewer whose views are in no row", { video: null, viewer: "a", videos: [] }, ["7/b"]],
      ["one view", { video: "7", viewer: "a", videos: [] }, ["7/b", "8/a"]],
    ] as const)("erases %s, and nothing else", async (_what, what, left) => {
      const tenant = freshTenant();
      const refs = [viewRef(tenant, "7", "a"), viewRef(tenant, "7", "b"), viewRef(tenant, "8", "a")];
      await store().load(refs.map((ref) => ({ ref, recorded: null })));
      for (const ref of refs) await store().report(ref, report([[0, 1]]), RULES);
      await store().erase(tenant, what);
      const states = await store().read(refs);
      expect(refs.filter((_, i) => states[i] !== null).map((ref) => `${ref.video}/${ref.viewer}`)).toEqual(
        left,
      );
      expect(await count(tenant)).toBe(left.length);
    });

    it("holds policies: the video's, else the tenant's, else the default; a newer one stays", async () => {
      const tenant = freshTenant();
      const strict = {
        ...DEFAULT_POLICY,
        max_speed: 1,
        audience: { kind: "groups", groups: ["3반"] } as const,
      };
      await store().putPolicy(tenant, "7", { policy: strict, revision: 1 });
      expect(await store().readPolicies(tenant, ["7"])).toBeNull();
      await store().loadPolicies(tenant, {
        tenant: null,
        videos: new Map([["7", { policy: strict, revision: 3 }]]),
      });
      expect(await store().readPolicies(tenant, ["7", "8"])).toEqual([
        { policy: strict, revision: 3, inherited: false },
        { policy: DEFAULT_POLICY, revision: 0, inherited: true },
      ]);
      await store().putPolicy(tenant, null, { policy: { ...strict, places: 5 }, revision: 4 });
      await store().putPolicy(tenant, "7", { policy: null, revision: 5 });
      await store().putPolicy(tenant, "7", { policy: strict, revision: 3 });
      await store().loadPolicies(tenant, { tenant: { policy: null, revision: 2 }, videos: new Map() });
      expect(await store().readPolicies(tenant, ["7"])).toEqual([
        { policy: { ...strict, places: 5 }, revision: 5, inherited: true },
      ]);
    });

    it("decides every history as countReport does", { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(HISTORY, async (steps) => {
          const ref = await begun();
          let view = emptyView();
          let clock: ViewerClock | null = null;
          for (const { waitMs, given, rules } of steps) {
            nowMs += waitMs;
            const decided = countReport({ view, clock }, given, { ...rules, nowMs });
            const answer = await store().report(ref, given, rules);
            if (decided.outcome === "refused") expect(answer).toEqual({ outcome: "refused" });
            else {
              ({ view, clock } = decided);
              expect(answer).toEqual(answerOf(ref, decided));
              expect(await seen(ref)).toEqual(rangesOf(view.watched));
            }
          }
        }),
        { numRuns: 100 },
      );
    });
  });
}

function emptyView(): CountedView {
  return {
    ...{ session: 0, version: 0, player: "", positionSeconds: null, positionAtMs: 0, lengthSeconds: 0 },
    ...{ watchedSeconds: 0, seenAtMs: null, dueAtMs: null, watched: new Uint8Array(0), sessions: new Map() },
  };
}

function answerOf(
  ref: ViewRef,
  { countedSeconds, leftOut, view }: Extract<ReturnType<typeof countReport>, { outcome: "counted" }>,
): unknown {
  const { session, version, positionSeconds, lengthSeconds, watchedSeconds, seenAtMs, dueAtMs } = view;
  const state = { session, version, positionSeconds, lengthSeconds, watchedSeconds, seenAtMs, dueAtMs };
  return { outcome: "counted", countedSeconds, leftOut, state: { ref, ...state, attendedAtMs: null } };
}

const RANGE = fc
  .tuple(fc.integer({ min: 0, max: 110 }), fc.integer({ min: 1, max: 40 }))
  .map(([from, length]): SecondsRange => [from, from + length]);

const HISTORY = fc.array(
  fc.record({
    waitMs: fc.oneof(
      fc.integer({ min: 0, max: 30_000 }),
      fc.constantFrom(-5_000, 45_000, 14_400_000, 15_000_000),
    ),
    given: fc.record<Report>({
      player: fc.constantFrom("p1", "p2", "p3"),
      ranges: fc.array(RANGE, { maxLength: 3 }),
      positionSeconds: fc.integer({ min: 0, max: 400 }).map((quarters) => quarters / 4),
      speed: fc.constantFrom(0.75, 1, 1.5, 2),
      muted: fc.boolean(),
      hidden: fc.boolean(),
      left: fc.integer({ min: 0, max: 4 }).map((share) => share === 0),
      agoMs: fc.constantFrom(0, 0, 0, 44_999, 45_000, 3_600_000),
    }),
    rules: fc.record<CountRules>({
      lengthSeconds: fc.constantFrom(8, 97, 100),
      maxSpeed: fc.constantFrom(0.75, 1, 1.5, 2),
      seekAhead: fc.boolean(),
      places: fc.integer({ min: 1, max: 3 }),
      neededSeconds: fc.integer({ min: 1, max: 100 }),
      deadlineMs: fc.constantFrom(null, 1_764_000_000_000),
    }),
  }),
  { minLength: 1, maxLength: 12 },
);

import {
  bitmapOf,
  rangesOf,
  uuidV7,
  viewRef,
  type FullView,
  type ViewFlushRecords,
  type ViewRecords,
  type ViewRef,
} from "@statusplane/core";
import { DEFAULT_POLICY, type SecondsRange } from "@statusplane/core/wire";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

const OWNER = "flusher";

/** Rows of views, opened for the contract. */
export interface OpenedViewRecords {
  readonly views: ViewRecords & ViewFlushRecords;
  /** From now on this one leads. */
  lead(owner: string): Promise<void>;
  close(): Promise<void>;
}

/** A view as the flusher hands it over. */
export function fullView(
  ref: ViewRef,
  ranges: readonly SecondsRange[],
  given: Partial<FullView> = {},
): FullView {
  const watched = bitmapOf(ranges);
  return {
    ...{ ref, session: 1, version: 1, positionSeconds: 5.5, lengthSeconds: 100, watchedSeconds: 0 },
    ...{ seenAtMs: 1_764_000_000_000, dueAtMs: null, attendedAtMs: null, watched, knownSinceMs: Date.now() },
    sessions: [],
    ...given,
  };
}

/**
 * What every adapter of the rows of views must do, without exception. Opens once: tests share the rows and keep apart by
 * tenants of their own.
 */
export function describeViewRecords(name: string, open: () => Promise<OpenedViewRecords>): void {
  describe(`view records: ${name}`, () => {
    let opened: OpenedViewRecords | undefined;
    const views = (): OpenedViewRecords["views"] => {
      if (opened === undefined) throw new Error("not open yet");
      return opened.views;
    };
    beforeAll(async () => {
      opened = await open();
    }, 120_000);
    beforeEach(() => opened?.lead(OWNER));
    afterAll(() => opened?.close());

    describeRows(views);
  });
}

function describeRows(views: () => OpenedViewRecords["views"]): void {
  const fresh = (viewer = "a:b 누구"): ViewRef => viewRef(`t${uuidV7()}`, "7", viewer);
  const flush = (...given: FullView[]) => views().flush(given, { owner: OWNER, log: false });
  const seen = async (ref: ViewRef): Promise<readonly SecondsRange[] | null> => {
    const [row] = await views().find([ref]);
    return row == null ? null : rangesOf(row.watched);
  };

  it("merges what is new with what is there, in any order and as often as it comes", async () => {
    const ref = fresh();
    const parts = [
      [[0, 10]],
      [[90, 97]],
      [
        [5, 20],
        [33, 34],
      ],
    ] as const;
    for (const at of [1, 0, 2, 1, 0]) await flush(fullView(ref, parts[at] ?? []));
    expect(await seen(ref)).toEqual([
      [0, 20],
      [33, 34],
      [90, 97],
    ]);
  });

  it("keeps the newer position, the higher session, and the length that is known", async () => {
    const ref = fresh();
    await flush(fullView(ref, [[0, 1]], { positionSeconds: 50, session: 3, version: 9 }));
    await flush(
      fullView(ref, [], { positionSeconds: 2, session: 2, version: 99, seenAtMs: 1, lengthSeconds: 0 }),
    );
    expect(await views().find([ref, fresh()])).toMatchObject([
      { positionSeconds: 50, session: 3, version: 9, lengthSeconds: 100, seenAtMs: 1_764_000_000_000 },
      null,
    ]);
  });

  it("decides once, when enough is watched by the policy that holds, and never takes it back", async () => {
    const [ref, other] = [fresh(), fresh()];
    expect(await flush(fullView(ref, [[0, 89]]))).toEqual([{ ref, attendedAtMs: null, watchedSeconds: 89 }]);
    const [decided] = await flush(fullView(ref, [[89, 90]]));
    expect(decided?.attendedAtMs).toEqual(expect.any(Number));
    await views().putPolicy(ref.tenant, null, { ...DEFAULT_POLICY, attended_percent: 100 });
    expect(await flush(fullView(ref, [[0, 1]]))).toEqual([decided]);
    await views().putPolicy(other.tenant, "7", { ...DEFAULT_POLICY, attended_percent: 10 });
    await views().putPolicy(other.tenant, null, { ...DEFAULT_POLICY, attended_percent: 99 });
    expect((await flush(fullView(other, [[0, 10]])))[0]?.attendedAtMs).toEqual(expect.any(Number));
  });

  it("decides nothing by what was watched after the deadline, and by what was enough before it", async () => {
    const [late, inTime] = [fresh(), fresh()];
    for (const { tenant } of [late, inTime]) {
      await views().putPolicy(tenant, null, {
        ...DEFAULT_POLICY,
        deadline: "2026-03-01T00:00:00.000Z",
      });
    }
    const afterMs = Date.parse("2026-03-02T00:00:00.000Z");
    expect((await flush(fullView(late, [[0, 100]], { seenAtMs: afterMs })))[0]?.attendedAtMs).toBeNull();
    const dueAtMs = Date.parse("2026-02-28T00:00:00.000Z");
    expect(
      (await flush(fullView(inTime, [[0, 100]], { seenAtMs: afterMs, dueAtMs })))[0]?.attendedAtMs,
    ).not.toBeNull();
  });

  it("writes nothing for a flusher that leads no longer", async () => {
    const ref = fresh();
    expect(await views().flush([fullView(ref, [[0, 5]])], { owner: "another", log: false })).toEqual([]);
    expect(await seen(ref)).toBeNull();
  });

  it("brings nothing back that was erased, and takes what is watched after that", async () => {
    const ref = fresh();
    const neighbour = viewRef(ref.tenant, "7", "neighbour");
    const known = fullView(ref, [[0, 5]], { knownSinceMs: Date.now() - 60_000 });
    await flush(known, fullView(neighbour, [[0, 5]]));
    await views().eraseViewer(ref.tenant, ref.viewer);
    expect(await flush(known)).toEqual([]);
    expect([await seen(ref), await seen(neighbour)]).toEqual([null, [[0, 5]]]);
    expect(await views().takeErrands(1_000)).toContainEqual(
      expect.objectContaining({ tenant: ref.tenant, viewer: ref.viewer, videos: ["7"], policy: null }),
    );
    await flush(fullView(ref, [[8, 9]], { knownSinceMs: Date.now() + 60_000 }));
    expect(await seen(ref)).toEqual([[8, 9]]);
  });

  it("decides anew by a changed policy, with its count told before, and settles the errand", async () => {
    const ref = fresh();
    await flush(fullView(ref, [[0, 50]]), fullView(viewRef(ref.tenant, "7", "less"), [[0, 20]]));
    expect(await views().countAffected(ref.tenant, "7", 50)).toEqual({ wouldAttend: 1, views: 2 });
    expect(await views().countAffected(ref.tenant, null, 20)).toEqual({ wouldAttend: 2, views: 2 });
    const first = await views().putPolicy(ref.tenant, "7", { ...DEFAULT_POLICY, attended_percent: 50 });
    const revision = await views().putPolicy(ref.tenant, "7", { ...DEFAULT_POLICY, attended_percent: 50 });
    expect(revision).toBeGreaterThan(first);
    const errands = (await views().takeErrands(1_000)).filter(({ tenant }) => tenant === ref.tenant);
    expect(errands).toMatchObject([
      { video: "7", policy: { revision } },
      { video: "7", policy: { revision } },
    ]);
    const ids = errands.map(({ id }) => id);
    const id = ids.at(-1) ?? 0;
    const decision = () => views().findDecision(ref.tenant, "7");
    expect(await decision()).toEqual({ decided: 0, doneAtMs: null });
    const decided = await views().decideAnew({ id, tenant: ref.tenant, video: "7" }, 10);
    expect(decided.map(({ ref: { viewer } }) => viewer)).toEqual([ref.viewer]);
    expect(await views().decideAnew({ id, tenant: ref.tenant, video: null }, 10)).toEqual([]);
    expect(await decision()).toEqual({ decided: 1, doneAtMs: null });
    await views().settleErrands(ids);
    expect(await decision()).toEqual({ decided: 1, doneAtMs: expect.any(Number) });
    expect(await views().findDecision(ref.tenant, null)).toBeNull();
    expect((await views().takeErrands(1_000)).filter(({ tenant }) => tenant === ref.tenant)).toEqual([]);
  });

  it("removes what nobody has watched for so long", async () => {
    const [old, recent] = [fresh(), fresh()];
    await flush(
      fullView(old, [[0, 1]], { seenAtMs: 1 }),
      fullView(recent, [[0, 1]], { seenAtMs: Date.now() }),
    );
    await views().removeOld(400, 10_000);
    expect([await seen(old), await seen(recent)]).toEqual([null, [[0, 1]]]);
  });

  it("keeps each tenant's policies apart, by video, and what was taken away", async () => {
    const [one, other] = [fresh(), fresh()];
    const strict = { ...DEFAULT_POLICY, attended_percent: 100 };
    const first = await views().putPolicy(one.tenant, null, strict);
    await views().putPolicy(one.tenant, "7", DEFAULT_POLICY);
    const revision = await views().putPolicy(one.tenant, "7", null);
    expect(await views().findPolicies(one.tenant)).toEqual({
      tenant: { policy: strict, revision: first },
      videos: new Map([["7", { policy: null, revision }]]),
    });
    expect(await views().findPolicies(other.tenant)).toEqual({ tenant: null, videos: new Map() });
  });
}

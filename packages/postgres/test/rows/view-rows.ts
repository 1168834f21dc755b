import { bitmapOf, jobRef, rangesOf, uuidV7, viewRef, type FullView, type ViewRef } from "@statusplane/core";
import { DEFAULT_POLICY, type SecondsRange } from "@statusplane/core/wire";
import type { Database } from "@statusplane/postgres";
import { beforeEach, expect, it } from "vitest";
import { clear, quiet } from "../open-rows.ts";

const OWNER = "flusher";

function full(ref: ViewRef, ranges: readonly SecondsRange[], given: Partial<FullView> = {}): FullView {
  const watched = bitmapOf(ranges);
  return {
    ...{ ref, session: 1, version: 1, positionSeconds: 5.5, lengthSeconds: 100, watchedSeconds: 0 },
    ...{ seenAtMs: 1_764_000_000_000, dueAtMs: null, attendedAtMs: null, watched, knownSinceMs: Date.now() },
    sessions: [],
    ...given,
  };
}

/** What is watched as its rows keep it. */
export function describeViewRows(database: () => Database): void {
  const fresh = (viewer = "a:b 누구"): ViewRef => viewRef(`t${uuidV7()}`, "7", viewer);
  const flush = (...views: FullView[]) => database().views.flush(views, { owner: OWNER, log: false });
  const seen = async (ref: ViewRef): Promise<readonly SecondsRange[] | null> => {
    const [row] = await database().views.find([ref]);
    return row == null ? null : rangesOf(row.watched);
  };
  const sql = async (text: string, values: readonly unknown[]) =>
    (await database().query("watching", { text, values })).rows;

  beforeEach(async () => {
    await quiet(database());
    const led = { owner: OWNER, leaseMs: 60_000, takeLimit: 0, takeMs: 1_000 };
    expect(await database().reconciler.tick(led)).toMatchObject({ leading: true });
  });

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
    for (const at of [1, 0, 2, 1, 0]) await flush(full(ref, parts[at] ?? []));
    expect(await seen(ref)).toEqual([
      [0, 20],
      [33, 34],
      [90, 97],
    ]);
    expect(
      await sql("SELECT watched_seconds FROM statusplane.view WHERE tenant_id = $1", [ref.tenant]),
    ).toEqual([{ watched_seconds: 28 }]);
  });

  it("writes many views of many tenants by one statement, and answers each", async () => {
    const refs = Array.from({ length: 1_000 }, (_, i) => fresh(`v${i}`));
    const before = database().statements.housekeeping;
    const written = await flush(...refs.map((ref) => full(ref, [[0, 3]])));
    expect(database().statements.housekeeping - before).toBe(1);
    expect(written).toHaveLength(1_000);
    expect(await seen(refs[999] ?? fresh())).toEqual([[0, 3]]);
  });

  it("keeps the newer position, the higher session, and the length that is known", async () => {
    const ref = fresh();
    await flush(full(ref, [[0, 1]], { positionSeconds: 50, session: 3, version: 9 }));
    await flush(
      full(ref, [], { positionSeconds: 2, session: 2, version: 99, seenAtMs: 1, lengthSeconds: 0 }),
    );
    expect(await database().views.find([ref, fresh()])).toMatchObject([
      { positionSeconds: 50, session: 3, version: 9, lengthSeconds: 100, seenAtMs: 1_764_000_000_000 },
      null,
    ]);
  });

  it("decides once, when enough is watched by the policy that holds, and never takes it back", async () => {
    const [ref, other] = [fresh(), fresh()];
    expect(await flush(full(ref, [[0, 89]]))).toEqual([{ ref, attendedAtMs: null }]);
    const [decided] = await flush(full(ref, [[89, 90]]));
    expect(decided?.attendedAtMs).toEqual(expect.any(Number));
    await database().views.putPolicy(ref.tenant, null, { ...DEFAULT_POLICY, attended_percent: 100 });
    expect(await flush(full(ref, [[0, 1]]))).toEqual([decided]);
    await database().views.putPolicy(other.tenant, "7", { ...DEFAULT_POLICY, attended_percent: 10 });
    await database().views.putPolicy(other.tenant, null, { ...DEFAULT_POLICY, attended_percent: 99 });
    expect((await flush(full(other, [[0, 10]])))[0]?.attendedAtMs).toEqual(expect.any(Number));
  });

  it("decides nothing by what was watched after the deadline, and by what was enough before it", async () => {
    const [late, inTime] = [fresh(), fresh()];
    for (const { tenant } of [late, inTime]) {
      await database().views.putPolicy(tenant, null, {
        ...DEFAULT_POLICY,
        deadline: "2026-03-01T00:00:00.000Z",
      });
    }
    const afterMs = Date.parse("2026-03-02T00:00:00.000Z");
    expect((await flush(full(late, [[0, 100]], { seenAtMs: afterMs })))[0]?.attendedAtMs).toBeNull();
    const dueAtMs = Date.parse("2026-02-28T00:00:00.000Z");
    expect(
      (await flush(full(inTime, [[0, 100]], { seenAtMs: afterMs, dueAtMs })))[0]?.attendedAtMs,
    ).not.toBeNull();
  });

  it("writes nothing for a flusher that leads no longer", async () => {
    const ref = fresh();
    expect(await database().views.flush([full(ref, [[0, 5]])], { owner: "another", log: false })).toEqual([]);
    expect(await seen(ref)).toBeNull();
  });

  it("brings nothing back that was erased, and takes what is watched after that", async () => {
    const ref = fresh();
    const neighbour = viewRef(ref.tenant, "7", "neighbour");
    const known = full(ref, [[0, 5]], { knownSinceMs: Date.now() - 60_000 });
    await flush(known, full(neighbour, [[0, 5]]));
    await database().views.eraseViewer(ref.tenant, ref.viewer);
    expect(await flush(known)).toEqual([]);
    expect([await seen(ref), await seen(neighbour)]).toEqual([null, [[0, 5]]]);
    expect(await database().views.takeErrands(1_000)).toContainEqual(
      expect.objectContaining({ tenant: ref.tenant, viewer: ref.viewer, videos: ["7"], policy: null }),
    );
    await flush(full(ref, [[8, 9]], { knownSinceMs: Date.now() + 60_000 }));
    expect(await seen(ref)).toEqual([[8, 9]]);
  });

  it("goes with its video, by the statement that removes the job", async () => {
    const ref = fresh();
    const video = jobRef(ref.tenant, "video", "7");
    await database().requests.submit({
      ...{
        ref: video,
        jobType: "render",
        title: null,
        metadata: null,
        payload: {},
        createdBy: null,
        maxTries: 1,
      },
    });
    await database().requests.cancel(video);
    await flush(full(ref, [[0, 5]], { knownSinceMs: Date.now() - 60_000 }));
    await database().views.putPolicy(ref.tenant, "7", DEFAULT_POLICY);
    expect(await database().requests.remove(video)).toBe("removed");
    expect(await seen(ref)).toBeNull();
    expect((await database().views.findPolicies(ref.tenant)).videos.size).toBe(0);
    expect(await database().views.takeErrands(1_000)).toContainEqual(
      expect.objectContaining({ tenant: ref.tenant, video: "7", viewer: null, policy: null }),
    );
    await clear(database());
  });

  it("decides anew by a changed policy, with its count told before, and settles the errand", async () => {
    const ref = fresh();
    const { views } = database();
    await flush(full(ref, [[0, 50]]), full(viewRef(ref.tenant, "7", "less"), [[0, 20]]));
    expect(await views.countAffected(ref.tenant, "7", 50)).toEqual({ wouldAttend: 1, views: 2 });
    expect(await views.countAffected(ref.tenant, null, 20)).toEqual({ wouldAttend: 2, views: 2 });
    const first = await views.putPolicy(ref.tenant, "7", { ...DEFAULT_POLICY, attended_percent: 50 });
    const revision = await views.putPolicy(ref.tenant, "7", { ...DEFAULT_POLICY, attended_percent: 50 });
    expect(revision).toBeGreaterThan(first);
    const errands = (await views.takeErrands(1_000)).filter(({ tenant }) => tenant === ref.tenant);
    expect(errands).toMatchObject([
      { video: "7", policy: { revision } },
      { video: "7", policy: { revision } },
    ]);
    const decided = await views.decideAnew({ tenant: ref.tenant, video: "7" }, 10);
    expect(decided.map(({ ref: { viewer } }) => viewer)).toEqual([ref.viewer]);
    expect(await views.decideAnew({ tenant: ref.tenant, video: null }, 10)).toEqual([]);
    await views.settleErrands(errands.map(({ id }) => id));
    expect((await views.takeErrands(1_000)).filter(({ tenant }) => tenant === ref.tenant)).toEqual([]);
  });

  it("keeps a line per session and day, which a repeated flush does not change", async () => {
    const ref = fresh();
    const line = {
      session: 2,
      beganAtMs: 0,
      endedAtMs: 5_000,
      countedSeconds: 4,
      mutedSeconds: 1,
      hiddenSeconds: 0,
      speed: 1.5,
    };
    const grown = { ...line, endedAtMs: 9_000, countedSeconds: 8 };
    for (const each of [line, grown, line]) {
      await database().views.flush([full(ref, [[0, 4]], { sessions: [each] })], { owner: OWNER, log: true });
    }
    const text =
      "SELECT session::int, day::text, counted_seconds, muted_seconds, speed FROM statusplane.view_log WHERE tenant_id = $1";
    expect(await sql(text, [ref.tenant])).toEqual([
      { session: 2, day: "1970-01-01", counted_seconds: 8, muted_seconds: 1, speed: 1.5 },
    ]);
  });

  it("removes what nobody has watched for so long", async () => {
    const [old, recent] = [fresh(), fresh()];
    await flush(full(old, [[0, 1]], { seenAtMs: 1 }), full(recent, [[0, 1]], { seenAtMs: Date.now() }));
    await database().views.removeOld(400, 10_000);
    expect([await seen(old), await seen(recent)]).toEqual([null, [[0, 1]]]);
  });
}

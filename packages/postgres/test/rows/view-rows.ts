import { jobRef, rangesOf, uuidV7, viewRef, type FullView, type ViewRef } from "@statusplane/core";
import { fullView } from "@statusplane/core/testing/views";
import { DEFAULT_POLICY, type SecondsRange } from "@statusplane/core/wire";
import type { Database } from "@statusplane/postgres";
import { beforeEach, expect, it } from "vitest";
import { clear, quiet } from "../open-rows.ts";

const OWNER = "flusher";

/** Takes the lead of housekeeping, whoever had it. */
export async function lead(database: Database, owner: string): Promise<void> {
  await quiet(database);
  const led = { owner, leaseMs: 60_000, takeLimit: 0, takeMs: 1_000 };
  expect(await database.reconciler.tick(led)).toMatchObject({ leading: true });
}

/** What is watched, as its tables show it beyond the contract. */
export function describeViewRows(database: () => Database): void {
  const fresh = (viewer = "a:b 누구"): ViewRef => viewRef(`t${uuidV7()}`, "7", viewer);
  const flush = (...views: FullView[]) => database().views.flush(views, { owner: OWNER, log: false });
  const seen = async (ref: ViewRef): Promise<readonly SecondsRange[] | null> => {
    const [row] = await database().views.find([ref]);
    return row == null ? null : rangesOf(row.watched);
  };
  const sql = async (text: string, values: readonly unknown[]) =>
    (await database().query("watching", { text, values })).rows;

  beforeEach(() => lead(database(), OWNER));

  it("counts beside the bitmap what is in it, however often it is merged", async () => {
    const ref = fresh();
    for (const range of [
      [0, 10],
      [5, 20],
      [33, 34],
      [0, 10],
    ] as const) {
      await flush(fullView(ref, [range]));
    }
    const text = "SELECT watched_seconds FROM statusplane.view WHERE tenant_id = $1";
    expect(await sql(text, [ref.tenant])).toEqual([{ watched_seconds: 21 }]);
  });

  it("writes many views of many tenants by one statement, and answers each", async () => {
    const refs = Array.from({ length: 1_000 }, (_, i) => fresh(`v${i}`));
    const before = database().statements.housekeeping;
    const written = await flush(...refs.map((ref) => fullView(ref, [[0, 3]])));
    expect(database().statements.housekeeping - before).toBe(1);
    expect(written).toHaveLength(1_000);
    expect(await seen(refs[999] ?? fresh())).toEqual([[0, 3]]);
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
    await flush(fullView(ref, [[0, 5]], { knownSinceMs: Date.now() - 60_000 }));
    await database().views.putPolicy(ref.tenant, "7", DEFAULT_POLICY);
    expect(await database().requests.remove(video)).toBe("removed");
    expect(await seen(ref)).toBeNull();
    expect((await database().views.findPolicies(ref.tenant)).videos.size).toBe(0);
    expect(await database().views.takeErrands(1_000)).toContainEqual(
      expect.objectContaining({ tenant: ref.tenant, video: "7", viewer: null, policy: null }),
    );
    await clear(database());
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
      await database().views.flush([fullView(ref, [[0, 4]], { sessions: [each] })], {
        owner: OWNER,
        log: true,
      });
    }
    const text =
      "SELECT session::int, day::text, counted_seconds, muted_seconds, speed FROM statusplane.view_log WHERE tenant_id = $1";
    expect(await sql(text, [ref.tenant])).toEqual([
      { session: 2, day: "1970-01-01", counted_seconds: 8, muted_seconds: 1, speed: 1.5 },
    ]);
  });
}

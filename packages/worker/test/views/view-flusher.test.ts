import {
  rangesOf,
  uuidV7,
  viewRef,
  type FullView,
  type StatusStore,
  type ViewFlushRecords,
  type ViewRef,
} from "@statusplane/core";
import { DEFAULT_POLICY } from "@statusplane/core/wire";
import { openMemoryStatusStore } from "@statusplane/memory";
import { MemoryViewRecords } from "@statusplane/memory/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { ViewFlusher, VIEWS_PER_STATEMENT } from "../../src/views/view-flusher.ts";

let nowMs: number;
let store: StatusStore;
let records: Rows;
beforeEach(() => {
  nowMs = 1_764_000_000_000;
  store = openMemoryStatusStore({ viewsNow: () => nowMs });
  records = new Rows();
});

/** The rows in memory; what is written is looked at on the way. */
class Rows implements ViewFlushRecords {
  readonly memory = new MemoryViewRecords(() => nowMs);
  /** How many views each statement wrote. */
  readonly statements: number[] = [];
  readonly written: FullView[] = [];
  /** Called within each statement. */
  during: () => Promise<void> = async () => undefined;

  constructor() {
    this.memory.leader = "me";
  }

  readonly flush: ViewFlushRecords["flush"] = async (views, options) => {
    this.statements.push(views.length);
    await this.during();
    const answers = await this.memory.flush(views, options);
    if (answers.length > 0) this.written.push(...views);
    return answers;
  };
  readonly find: ViewFlushRecords["find"] = (refs) => this.memory.find(refs);
  readonly takeErrands: ViewFlushRecords["takeErrands"] = (limit) => this.memory.takeErrands(limit);
  readonly settleErrands: ViewFlushRecords["settleErrands"] = (ids) => this.memory.settleErrands(ids);
  readonly decideAnew: ViewFlushRecords["decideAnew"] = (...of) => this.memory.decideAnew(...of);
  readonly removeOld: ViewFlushRecords["removeOld"] = (...old) => this.memory.removeOld(...old);
}

const AT_ONCE = { ...DEFAULT_POLICY, attended_percent: 1 };

const RULES = {
  lengthSeconds: 100,
  maxSpeed: 2,
  seekAhead: true,
  places: 1,
  neededSeconds: 90,
  deadlineMs: null,
};

async function watched(ref: ViewRef, from = 0): Promise<void> {
  await store.views.load([{ ref, recorded: null }]);
  const said = {
    player: "p",
    positionSeconds: 1,
    speed: 1,
    muted: false,
    hidden: false,
    left: false,
    agoMs: 0,
  };
  const reported = await store.views.report(ref, { ...said, ranges: [[from, from + 1]] }, RULES);
  expect(reported.outcome).toBe("counted");
}

const refs = (count: number, tenant = `t${uuidV7()}`): ViewRef[] =>
  Array.from({ length: count }, (_, i) => viewRef(tenant, "7", `v${i}`));
const flusher = (statementsPerFlush = 20): ViewFlusher =>
  new ViewFlusher({ store: store.views, records, statementsPerFlush });

describe("the flusher", () => {
  it("sends nothing while nobody watches", async () => {
    const [ref] = refs(1);
    if (ref !== undefined) await store.views.load([{ ref, recorded: null }]);
    await flusher().flush("me");
    expect(records.statements).toEqual([]);
  });

  it("writes what has changed once, the views of many tenants in one statement", async () => {
    for (const ref of [...refs(3), ...refs(2)]) await watched(ref);
    const flush = flusher();
    await flush.flush("me");
    await flush.flush("me");
    expect(records.statements).toEqual([5]);
    expect(flush.status()).toEqual({ written: 5, oldestDirtyMs: 0, left: 0 });
  });

  it("writes a thousand to a statement, and leaves the rest for the next flush when it has sent enough", async () => {
    for (const ref of refs(2 * VIEWS_PER_STATEMENT + 7)) await watched(ref);
    nowMs += 5_000;
    const flush = flusher(1);
    await flush.flush("me");
    expect(records.statements).toEqual([VIEWS_PER_STATEMENT]);
    expect(flush.status()).toEqual({ written: 1_000, oldestDirtyMs: 5_000, left: 1_007 });
    for (let i = 0; i < 2; i++) await flush.flush("me");
    expect(records.statements).toEqual([1_000, 1_000, 7]);
    expect(new Set(records.written.map(({ ref }) => ref.viewer)).size).toBe(2_007);
  });

  it("leaves what changes while it is written for the next flush", async () => {
    const [ref] = refs(1);
    if (ref === undefined) throw new Error("one");
    await watched(ref);
    records.during = async () => {
      nowMs += 1;
      await watched(ref, 5);
    };
    const flush = flusher();
    await flush.flush("me");
    expect([records.statements, flush.status().left]).toEqual([[1], 1]);
    records.during = async () => undefined;
    await flush.flush("me");
    expect(rangesOf(records.written[1]?.watched ?? new Uint8Array(0))).toEqual([
      [0, 1],
      [5, 6],
    ]);
    expect(flush.status().left).toBe(0);
  });

  it("writes again what it does not know to be written", async () => {
    for (const ref of refs(2)) await watched(ref);
    const flush = flusher();
    records.during = () => Promise.reject(new Error("away"));
    await expect(flush.flush("me")).rejects.toThrow("away");
    records.during = async () => undefined;
    records.memory.leader = "another";
    await flush.flush("me");
    records.memory.leader = "me";
    await flush.flush("me");
    expect([records.statements, records.written.length]).toEqual([[2, 2, 2], 2]);
  });

  it("tells the status store of a decision", async () => {
    const [ref] = refs(1);
    if (ref === undefined) throw new Error("one");
    await watched(ref);
    await records.memory.putPolicy(ref.tenant, null, AT_ONCE);
    await flusher().flush("me");
    expect(await store.views.read([ref])).toMatchObject([{ attendedAtMs: nowMs }]);
  });
});

describe("a store that has lost what was written", () => {
  it("gets it again with the next flush of the view", async () => {
    const [ref, other] = refs(2);
    if (ref === undefined || other === undefined) throw new Error("two");
    await watched(ref);
    await flusher().flush("me");
    await store.views.erase(ref.tenant, { video: ref.video, viewer: ref.viewer, videos: [] });
    await watched(ref, 5);
    await watched(other);
    await flusher().flush("me");
    expect(rangesOf((await store.views.readWatched(ref)) ?? new Uint8Array(0))).toEqual([
      [0, 1],
      [5, 6],
    ]);
    expect(await store.views.read([ref, other])).toMatchObject([
      { watchedSeconds: 2 },
      { watchedSeconds: 1 },
    ]);
    // What came back is a change as well: written once more, and then no more.
    for (let i = 0; i < 2; i++) await flusher().flush("me");
    expect(records.statements).toEqual([1, 2, 1]);
    expect((await store.views.readDirtyCount(ref.tenant)).count).toBe(0);
  });
});

describe("errands", () => {
  it("tell the store of a policy, and of what it decides anew", async () => {
    const [ref] = refs(1);
    if (ref === undefined) throw new Error("one");
    await watched(ref);
    await flusher().flush("me");
    nowMs += 1;
    await watched(ref, 5);
    await store.views.loadPolicies(ref.tenant, { tenant: null, videos: new Map() });
    const revision = await records.memory.putPolicy(ref.tenant, null, AT_ONCE);
    await flusher().runErrands();
    expect(await store.views.readPolicies(ref.tenant, ["7"])).toMatchObject([{ revision }]);
    expect(await store.views.read([ref])).toMatchObject([{ attendedAtMs: nowMs }]);
    expect(await records.memory.takeErrands(10)).toEqual([]);
    await flusher().flush("me");
    expect(records.statements).toEqual([1, 1]); // what was watched since is written all the same
  });

  it("erase in the store, and are not settled before that", async () => {
    const [ref, other] = refs(2);
    if (ref === undefined || other === undefined) throw new Error("two");
    await watched(ref);
    await watched(other);
    await flusher().flush("me");
    await records.memory.eraseViewer(ref.tenant, ref.viewer);
    await flusher().runErrands();
    expect((await store.views.read([ref, other])).map((state) => state === null)).toEqual([true, false]);
    expect(await records.memory.takeErrands(10)).toEqual([]);
  });
});

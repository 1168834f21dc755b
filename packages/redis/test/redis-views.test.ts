import {
  bitmapOf,
  OWN_KEYS,
  uuidV7,
  viewKeys,
  viewRef,
  type Report,
  type StatusStore,
  type ViewRef,
} from "@statusplane/core";
import { PATIENT } from "@statusplane/core/testing/status-store";
import { describeViewFeed, describeViews } from "@statusplane/core/testing/views";
import {
  startRedis,
  startRedisCluster,
  type RedisCluster,
  type RedisServer,
} from "@statusplane/test-support";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRedisStatusStore } from "../src/index.ts";

let server: RedisServer;
let cluster: RedisCluster;
beforeAll(async () => {
  [server, cluster] = await Promise.all([startRedis(), startRedisCluster()]);
});
afterAll(async () => {
  await Promise.all([server?.stop(), cluster?.stop()]);
});

describeViews("Redis", (viewsNow) => openRedisStatusStore({ url: server.url, timings: PATIENT, viewsNow }));
describeViews("Redis Cluster", (viewsNow) =>
  openRedisStatusStore({ url: cluster.url, cluster: true, timings: PATIENT, viewsNow }),
);
describeViewFeed("Redis", () => openRedisStatusStore({ url: server.url, timings: PATIENT }));
describeViewFeed("Redis Cluster", () =>
  openRedisStatusStore({ url: cluster.url, cluster: true, timings: PATIENT }),
);

const RULES = {
  lengthSeconds: 100,
  maxSpeed: 2,
  seekAhead: true,
  places: 2,
  neededSeconds: 5,
  deadlineMs: null,
};
const SAID = {
  player: "p",
  positionSeconds: 9,
  speed: 1,
  muted: false,
  hidden: false,
  left: false,
  agoMs: 0,
};
const WATCHED: Report = { ...SAID, ranges: [[0, 9]] };
const NOTHING: Report = { ...SAID, ranges: [] };

describe.each([{ isCluster: false }, { isCluster: true }])(
  "keys of views, Cluster: $isCluster",
  ({ isCluster }) => {
    let store: StatusStore;
    let raw: Redis | Cluster;
    beforeAll(async () => {
      const url = isCluster ? cluster.url : server.url;
      store = await openRedisStatusStore({ url, cluster: isCluster, timings: PATIENT });
      raw = isCluster
        ? new Cluster(cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port })))
        : new Redis(server.url);
    });
    afterAll(async () => {
      raw?.disconnect();
      await store?.close();
    });

    /** Every key that names the tenant, by what is behind its name → its life in seconds, -1: for ever. */
    async function lives(tenant: string): Promise<Readonly<Record<string, number>>> {
      const nodes = raw instanceof Cluster ? raw.nodes("master") : [raw];
      const base = isCluster ? `tenant:{${tenant}}:` : `tenant:${tenant}:`;
      const found = await Promise.all(nodes.map((node) => node.keys(`*${tenant}*`)));
      return Object.fromEntries(
        await Promise.all(found.flat().map(async (key) => [key.replace(base, ""), await raw.ttl(key)])),
      );
    }
    const settleAll = async (tenant: string): Promise<void> => {
      const dirty = await store.views.readDirty(tenant, 100);
      await store.views.settle(
        tenant,
        dirty.map(({ ref, mark }) => ({ ref, mark, attendedAtMs: 5 })),
      );
    };
    const begun = async (
      recorded: Parameters<StatusStore["views"]["load"]>[0][number]["recorded"] = null,
    ): Promise<ViewRef> => {
      const ref = viewRef(`t${uuidV7()}`, "7", "a");
      await store.views.load([{ ref, recorded }]);
      return ref;
    };
    const FOREVER = { "view:7:a": -1, "view:7:a:watched": -1, "views:dirty": -1 };

    it("never expire between a report and the flush that wrote it", async () => {
      const ref = await begun();
      await store.views.report(ref, WATCHED, RULES);
      expect(await lives(ref.tenant)).toEqual({
        ...FOREVER,
        "views:of:7": -1,
        "viewer:a": expect.any(Number),
      });
      const [dirty] = await store.views.readDirty(ref.tenant, 1);
      await store.views.report(ref, WATCHED, RULES);
      await store.views.settle(ref.tenant, [{ ref, mark: dirty?.mark ?? "", attendedAtMs: null }]);
      expect(await lives(ref.tenant), "written in an older state").toMatchObject(FOREVER);
      await settleAll(ref.tenant);
      await store.views.report(ref, NOTHING, RULES);
      expect(await lives(ref.tenant), "reported again").toMatchObject(FOREVER);
    });

    it("all expire after it, a load or a look afterwards included", async () => {
      const row = {
        session: 1,
        version: 1,
        positionSeconds: 1,
        lengthSeconds: 100,
        seenAtMs: 1,
        attendedAtMs: null,
      };
      for (const said of [WATCHED, NOTHING]) {
        const ref = await begun();
        await store.views.report(ref, said, RULES);
        await settleAll(ref.tenant);
        await store.views.load([{ ref, recorded: { ...row, watched: bitmapOf([[20, 30]]) } }]);
        await store.views.read([ref]);
        const kept = await lives(ref.tenant);
        expect(Object.keys(kept).sort()).toEqual(["view:7:a", "view:7:a:watched", "viewer:a", "views:of:7"]);
        expect(Math.min(...Object.values(kept)), JSON.stringify(kept)).toBeGreaterThan(0);
      }
      expect(Object.keys(await lives((await begun()).tenant)), "loaded and never reported").toEqual([
        "view:7:a",
      ]);
    });

    it("stay small, whatever players a client makes up", async () => {
      const ref = await begun();
      for (let n = 0; n < 300; n += 1) {
        const reported = await store.views.report(ref, { ...NOTHING, player: `p${n}`, agoMs: 60_000 }, RULES);
        expect(reported.outcome).toBe("counted");
      }
      const { clock, view } = viewKeys(ref, isCluster);
      expect(await raw.hkeys(clock)).toEqual(expect.arrayContaining(["credit", "at"]));
      expect(await raw.hlen(clock)).toBeLessThan(10);
      expect(await raw.hlen(view)).toBeLessThan(250);
      expect((await store.views.read([ref]))[0]).toMatchObject({ session: 300, version: 300 });
      await settleAll(ref.tenant);
      expect(await raw.hlen(view)).toBeLessThan(20);
    });

    it("lie in one slot per tenant, but for the list of tenants", async () => {
      const ref = await begun();
      await store.views.report(ref, WATCHED, RULES);
      expect(await raw.zscore(OWN_KEYS.viewTenants, ref.tenant)).not.toBeNull();
      if (!isCluster) return;
      const keys = Object.keys(await lives(ref.tenant)).map((key) => `tenant:{${ref.tenant}}:${key}`);
      const slots = await Promise.all(keys.map((key) => (raw as Cluster).cluster("KEYSLOT", key)));
      expect(new Set(slots).size).toBe(1);
    });
  },
);

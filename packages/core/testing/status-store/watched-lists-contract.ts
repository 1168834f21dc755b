import { jobRef, keyInTenant, MAX_ACTIVE_SHOWN, type StatusFeed, type TenantLists } from "@statusplane/core";
import { expect } from "vitest";
import { eventually } from "../eventually.ts";
import type { ContractContext, OpenedStore } from "./contract-types.ts";
import { nextMs } from "./next-ms.ts";
import { PATIENT } from "./patient-timings.ts";
import { endedAt, freshTenant, pending, processing } from "./sample-snapshots.ts";

/** Whoever watches these lists need not wait long between two changes. */
const QUICK = { timings: { ...PATIENT, listEveryMs: 20 } };

/** Live jobs by name, `+more`, then ended ones. */
function shortly({ active, ended }: TenantLists): string {
  const live = active.snapshots.map(({ ref }) => keyInTenant(ref)).sort();
  const over = ended.map(({ ref }) => keyInTenant(ref)).sort();
  return [live.join(" "), `+${active.more}`, over.join(" ")].join(" | ");
}

/** What one watcher of a tenant was told, in order. */
async function watching(feed: StatusFeed, tenant: string) {
  const told: string[] = [];
  const end = await feed.watchLists(tenant, (lists) => told.push(shortly(lists)));
  const isTold = (wanted: string): Promise<boolean> =>
    eventually(`"${wanted}" is told after ${JSON.stringify(told)}`, () => told.at(-1) === wanted);
  return { told, isTold, end };
}

/** Changes by anybody, told to whoever watches a tenant's lists. */
export function describeWatchedLists({ check, open }: ContractContext): void {
  const withStore = async (body: (store: OpenedStore["store"]) => Promise<void>): Promise<void> => {
    const own = await open(QUICK);
    try {
      await body(own.store);
    } finally {
      await own.close();
    }
  };

  check("a watcher is told the lists first, then each change: new, ended, reopened, removed", () =>
    withStore(async ({ writer, feed }) => {
      const tenant = freshTenant();
      const [first, second] = [jobRef(tenant, "video", "1"), jobRef(tenant, "job", "a")];
      await writer.write("announce", pending(first));
      const { told, isTold, end } = await watching(feed, tenant);
      await isTold("video:1 | +0 | ");
      await writer.write("announce", processing(second));
      await isTold("job:a video:1 | +0 | ");
      await writer.write("finish", endedAt(Date.now(), second));
      await isTold("video:1 | +0 | job:a");
      await writer.write("announce", pending(second, 2));
      await isTold("job:a video:1 | +0 | ");
      await writer.write("finish", endedAt(Date.now(), second, 2));
      await isTold("video:1 | +0 | job:a");
      await writer.remove(second);
      await isTold("video:1 | +0 | ");
      await writer.remove(first);
      await isTold(" | +0 | ");
      await end();
      await writer.write("announce", pending(jobRef(tenant, "job", "b")));
      const other = await watching(feed, tenant);
      await other.isTold("job:b | +0 | ");
      expect(told).toHaveLength(7);
      await other.end();
    }),
  );

  check("what changes no list is not told: progress, signs of life, the same end once more", () =>
    withStore(async ({ writer, feed }) => {
      const tenant = freshTenant();
      const [running, over, last] = ["1", "2", "3"].map((id) => jobRef(tenant, "job", id));
      if (running === undefined || over === undefined || last === undefined) throw new Error("three jobs");
      const now = Date.now();
      await writer.write("announce", processing(running));
      await writer.write("finish", endedAt(now, over));
      const { told, isTold, end } = await watching(feed, tenant);
      await isTold("job:1 | +0 | job:2");
      for (let version = 2; version < 12; version++) {
        await writer.write("progress", processing(running, 1, version));
        await writer.touchActive([running]);
        await writer.write("announce", processing(running, 1, version));
        await writer.write("finish", endedAt(now, over));
      }
      await writer.write("announce", pending(last));
      await isTold("job:1 job:3 | +0 | job:2");
      expect(told).toEqual(["job:1 | +0 | job:2", "job:1 job:3 | +0 | job:2"]);
      await end();
    }),
  );

  check("the 101st live job is `more`, and appears when one ends", () =>
    withStore(async ({ writer, feed }) => {
      const tenant = freshTenant();
      const refs = Array.from({ length: MAX_ACTIVE_SHOWN }, (_, i) => jobRef(tenant, "job", `n${i}`));
      const eldest = jobRef(tenant, "video", "0");
      await writer.write("announce", pending(eldest));
      const seen: TenantLists[] = [];
      const end = await feed.watchLists(tenant, (lists) => seen.push(lists));
      const eldestIsShown = (): boolean =>
        seen.at(-1)?.active.snapshots.some(({ ref }) => ref.kind === "video") === true;
      await nextMs();
      for (const ref of refs) await writer.write("announce", pending(ref));
      await eventually("one is more", () => seen.at(-1)?.active.more === 1);
      expect(seen.at(-1)?.active.snapshots).toHaveLength(MAX_ACTIVE_SHOWN);
      expect(eldestIsShown()).toBe(false);
      await writer.touchActive([eldest]);
      const [one] = refs;
      if (one === undefined) throw new Error("there are 100");
      await writer.write("finish", endedAt(Date.now(), one));
      await eventually("nobody is more", () => seen.at(-1)?.active.more === 0);
      expect(seen.at(-1)?.active.snapshots).toHaveLength(MAX_ACTIVE_SHOWN);
      expect(eldestIsShown()).toBe(true);
      await end();
    }),
  );

  check("two tenants are told apart, and all watchers of one alike", () =>
    withStore(async ({ writer, feed }) => {
      const [mine, theirs] = [freshTenant(), freshTenant()];
      const watchers = [await watching(feed, mine), await watching(feed, mine)];
      const other = await watching(feed, theirs);
      await writer.write("announce", pending(jobRef(mine, "job", "1")));
      for (const { isTold } of watchers) await isTold("job:1 | +0 | ");
      await watchers[0]?.end();
      await watchers[0]?.end();
      await writer.write("announce", pending(jobRef(mine, "job", "2")));
      await watchers[1]?.isTold("job:1 job:2 | +0 | ");
      await writer.write("announce", pending(jobRef(theirs, "job", "9")));
      await other.isTold("job:9 | +0 | ");
      expect(other.told).toEqual([" | +0 | ", "job:9 | +0 | "]);
      expect(watchers[0]?.told).toEqual([" | +0 | ", "job:1 | +0 | "]);
      for (const { end } of [...watchers, other]) await end();
    }),
  );

  check(
    "after a loss of all data both lists come back by what repeats the writes, and are told",
    async () => {
      const own = await open(QUICK);
      try {
        const { writer, feed } = own.store;
        const tenant = freshTenant();
        const [running, over] = [jobRef(tenant, "job", "1"), jobRef(tenant, "job", "2")];
        const end = endedAt(Date.now(), over);
        await writer.write("announce", processing(running));
        await writer.write("finish", end);
        const watcher = await watching(feed, tenant);
        await watcher.isTold("job:1 | +0 | job:2");
        await own.flush();
        await writer.write("finish", end); // as the reconciler repeats it
        await watcher.isTold(" | +0 | job:2");
        await writer.write("announce", processing(running, 1, 7)); // as its worker does, told that it is absent
        await watcher.isTold("job:1 | +0 | job:2");
        await watcher.end();
      } finally {
        await own.close();
      }
    },
  );

  check("a listener that throws harms no other watcher", () =>
    withStore(async ({ writer, feed }) => {
      const tenant = freshTenant();
      const endBroken = await feed.watchLists(tenant, () => {
        throw new Error("a listener's own fault");
      });
      const sound = await watching(feed, tenant);
      await writer.write("announce", pending(jobRef(tenant, "job", "1")));
      await sound.isTold("job:1 | +0 | ");
      await endBroken();
      await sound.end();
    }),
  );
}

import { ENDED_LIFE_SECONDS, jobRef, keyInTenant, MAX_ENDED, type JobRef } from "@statusplane/core";
import { expect } from "vitest";
import type { ContractContext } from "./contract-types.ts";
import { eventually } from "../eventually.ts";
import { nextMs } from "./next-ms.ts";
import { describeWatchedLists } from "./watched-lists-contract.ts";
import { cancelled, endedAt, freshTenant, pending, processing, succeeded } from "./sample-snapshots.ts";

/** Reaching it is a failure, not a measurement. */
const BOUND = { timeout: 15_000, interval: 20 };

/** A tenant's live and ended jobs: who is on which list, in which order, how many, for how long; and who watches them. */
export function describeLists(context: ContractContext): void {
  describeActive(context);
  describeEnded(context);
  describeWatchedLists(context);
}

function describeActive({ check, opened }: ContractContext): void {
  /** Lists are hints that no write waits for: what they come to say is waited for. */
  const isActive = async (tenant: string, limit: number, ids: readonly string[], more = 0): Promise<void> => {
    await expect
      .poll(async () => {
        const active = await opened().store.reader.readActive(tenant, limit);
        return [active.snapshots.map(({ ref }) => keyInTenant(ref)), active.more];
      }, BOUND)
      .toEqual([ids, more]);
  };

  check(
    "the active list holds a tenant's live jobs, newest first, and says how many else there are",
    async () => {
      const { writer } = opened().store;
      const tenant = freshTenant();
      const refs = ["1", "2", "3", "4"].map((id, i) => jobRef(tenant, i % 2 === 0 ? "video" : "job", id));
      for (const ref of refs) {
        await writer.write("announce", pending(ref));
        await nextMs();
      }
      await writer.write("announce", pending(jobRef(`${tenant}b`, "video", "9")));
      await isActive(tenant, 10, ["job:4", "video:3", "job:2", "video:1"]);
      await isActive(tenant, 3, ["job:4", "video:3", "job:2"], 1);
      await isActive(`${tenant}-nobody`, 3, []);
    },
  );

  check(
    "a sign of life puts a job back on the active list, and neither it nor a repeated announcement moves one",
    async () => {
      const { writer } = opened().store;
      const tenant = freshTenant();
      const [first, second] = [jobRef(tenant, "video", "1"), jobRef(tenant, "video", "2")];
      await writer.write("announce", pending(first));
      await nextMs();
      await writer.write("announce", pending(second));
      await nextMs();
      await writer.touchActive([first]);
      await isActive(tenant, 5, ["video:2", "video:1"]);
      expect(await writer.write("announce", pending(first))).toMatchObject({ answer: "duplicate" });
      await writer.touchActive([first]); // sent after what the announcement does to the list
      await isActive(tenant, 5, ["video:2", "video:1"]);
      await writer.write("announce", processing(first));
      await isActive(tenant, 5, ["video:1", "video:2"]);
    },
  );

  check("ended and vanished jobs are not on the active list", async () => {
    const { writer } = opened().store;
    const tenant = freshTenant();
    const [ended, vanished, live] = [
      jobRef(tenant, "job", "1"),
      jobRef(tenant, "job", "2"),
      jobRef(tenant, "job", "3"),
    ];
    await writer.write("announce", pending(live));
    await writer.write("announce", pending(ended));
    await writer.write("finish", cancelled(ended));
    await writer.touchActive([vanished, ended]);
    await isActive(tenant, 5, ["job:3"]);
    await isActive(tenant, 1, ["job:3"]);
  });

  check("a fenced finish leaves the newer attempt on the active list, and on no other", async () => {
    const { writer, reader } = opened().store;
    const ref = jobRef(freshTenant(), "job", "1");
    await writer.write("announce", pending(ref, 2));
    expect(await writer.write("finish", succeeded(ref, 1))).toMatchObject({ answer: "fenced" });
    await isActive(ref.tenant, 5, ["job:1"]);
    expect(await reader.readEnded(ref.tenant)).toEqual([]);
  });
}

function describeEnded({ check, opened }: ContractContext): void {
  const hourMs = 3_600_000;
  const remembers = async (tenant: string, wanted: readonly (readonly [JobRef, number])[]): Promise<void> => {
    const named = wanted.map(([ref, endedAtMs]) => ({ ref, endedAtMs }));
    await expect.poll(() => opened().store.reader.readEnded(tenant), BOUND).toEqual(named);
  };

  check("the ended list holds a tenant's ended jobs with their ends, the newest first", async () => {
    const { writer } = opened().store;
    const tenant = freshTenant();
    const [video, job] = [jobRef(tenant, "video", "1"), jobRef(tenant, "job", "a_1")];
    const now = Date.now();
    await writer.write("announce", processing(video));
    await writer.write("finish", endedAt(now - hourMs, video));
    await writer.write("finish", endedAt(now - 2 * hourMs, job));
    await writer.write("finish", endedAt(now, jobRef(`${tenant}b`, "job", "1")));
    await remembers(tenant, [
      [video, now - hourMs],
      [job, now - 2 * hourMs],
    ]);
  });

  check("a higher attempt takes its job off the ended list, a refused announcement does not", async () => {
    const { writer, reader } = opened().store;
    const tenant = freshTenant();
    const [retried, over] = [jobRef(tenant, "job", "1"), jobRef(tenant, "job", "2")];
    const now = Date.now();
    for (const ref of [retried, over]) await writer.write("finish", endedAt(now, ref, 2));
    await writer.write("announce", pending(over, 1));
    await writer.write("announce", processing(over, 2, 7));
    await writer.write("announce", pending(retried, 3));
    await remembers(tenant, [[over, now]]);
    await eventually("the other one is live", async () => {
      const { snapshots } = await reader.readActive(tenant, 5);
      return snapshots.map(({ ref }) => ref.id).join() === "1";
    });
    await writer.write("finish", endedAt(now + 5, retried, 3));
    await remembers(tenant, [
      [retried, now + 5],
      [over, now],
    ]);
  });

  check("a removed job is on no list", async () => {
    const { writer } = opened().store;
    const tenant = freshTenant();
    const [gone, stays] = [jobRef(tenant, "job", "1"), jobRef(tenant, "job", "2")];
    const now = Date.now();
    for (const ref of [gone, stays]) await writer.write("finish", endedAt(now, ref));
    await writer.remove(gone);
    await writer.write("finish", endedAt(now, gone));
    await remembers(tenant, [[stays, now]]);
  });

  check("the ended list holds the newest 100 of 24 hours, in whatever order they are told", async () => {
    const { writer } = opened().store;
    const tenant = freshTenant();
    const now = Date.now();
    const refs = Array.from({ length: MAX_ENDED + 5 }, (_, i) => jobRef(tenant, "job", String(i)));
    const ends = refs.map((ref, i) => [ref, now - i * 1_000] as const);
    const shuffled = ends.toSorted(([a], [b]) => (Number(a.id) % 7) - (Number(b.id) % 7));
    for (const [ref, endedAtMs] of shuffled) await writer.write("finish", endedAt(endedAtMs, ref));
    await remembers(tenant, ends.slice(0, MAX_ENDED));

    const other = freshTenant();
    const lifeMs = ENDED_LIFE_SECONDS * 1_000;
    const [late, early] = [jobRef(other, "job", "1"), jobRef(other, "job", "2")];
    await writer.write("finish", endedAt(now - lifeMs - hourMs, early));
    await writer.write("finish", endedAt(now - lifeMs + hourMs, late));
    await remembers(other, [[late, now - lifeMs + hourMs]]);
  });
}

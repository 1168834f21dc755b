import { compareSnapshots, type StoredSnapshot } from "@statusplane/core";
import { eventually } from "../eventually.ts";
import { expect } from "vitest";
import type { ContractContext } from "./contract-types.ts";
import { failed, freshRef, pending, processing, succeeded } from "./sample-snapshots.ts";

const heads = (seen: readonly StoredSnapshot[]): string[] =>
  seen.map(
    ({ ref, attempt, version, status }) =>
      `${ref.id} ${attempt}.${status === "PROCESSING" ? version : status}`,
  );

/** Order, gaps, steps back, listeners. */
export function describeFeed({ check, opened }: ContractContext): void {
  check("a listener gets the present snapshot first, then each newer one", async () => {
    const { writer, feed } = opened().store;
    const [ref, absent] = [freshRef(), freshRef()];
    await writer.write("announce", processing(ref, 1, 3));
    const seen: StoredSnapshot[] = [];
    const subscription = await feed.subscribe([ref, absent], (snapshot) => seen.push(snapshot));
    expect(heads(seen)).toEqual([`${ref.id} 1.3`]);
    await writer.write("progress", processing(ref, 1, 4));
    await writer.write("progress", processing(ref, 1, 2)); // stale: not published
    await writer.write("announce", pending(ref, 2));
    await writer.write("finish", succeeded(ref, 2));
    await writer.write("announce", pending(absent));
    await eventually("everything is told", () => seen.length === 5);
    const { id } = ref;
    expect(heads(seen)).toEqual([
      `${id} 1.3`,
      `${id} 1.4`,
      `${id} 2.PENDING`,
      `${id} 2.READY`,
      `${absent.id} 1.PENDING`,
    ]);
    expect(seen[3]?.text).toBe(succeeded(ref, 2).text);
    expect(seen[3]?.etag).toBe('"2.2147483647"');
    await subscription.close();
  });

  check("no gap and no step back, however writes and subscription interleave", async () => {
    const { writer, feed } = opened().store;
    const ref = freshRef();
    await writer.write("announce", processing(ref, 1, 1));
    const seen: StoredSnapshot[] = [];
    const versions = Array.from({ length: 60 }, (_, i) => i + 2);
    const writing = Promise.all(
      versions.map((version) => writer.write("progress", processing(ref, 1, version))),
    );
    const subscribing = feed.subscribe([ref], (snapshot) => seen.push(snapshot));
    await writing;
    const subscription = await subscribing;
    await writer.write("finish", failed(ref));
    await eventually("the end is told", () => seen.at(-1)?.status === "FAILED");
    for (const [i, next] of seen.entries()) {
      const before = seen[i - 1];
      if (before !== undefined) expect(compareSnapshots(before, next)).toBeLessThan(0);
    }
    await subscription.close();
  });

  check("what is watched can be changed: the new is told first, the old no more", async () => {
    const { writer, feed } = opened().store;
    const [old, kept, added] = [freshRef(), freshRef(), freshRef()];
    for (const ref of [old, kept, added]) await writer.write("announce", processing(ref));
    const seen: StoredSnapshot[] = [];
    const subscription = await feed.subscribe([old, kept], (snapshot) => seen.push(snapshot));
    seen.length = 0;
    await subscription.watch([kept, added]);
    expect(heads(seen)).toEqual([`${added.id} 1.1`]);
    for (const ref of [old, kept, added]) await writer.write("progress", processing(ref, 1, 2));
    await eventually("both are told", () => seen.length === 3);
    expect(heads(seen)).toEqual([`${added.id} 1.1`, `${kept.id} 1.2`, `${added.id} 1.2`]);
    await subscription.close();
  });

  check("a listener that throws harms neither the feed nor other listeners", async () => {
    const { writer, feed } = opened().store;
    const ref = freshRef();
    await writer.write("announce", processing(ref));
    const seen: StoredSnapshot[] = [];
    const broken = await feed.subscribe([ref], () => {
      throw new Error("a listener's own fault");
    });
    const sound = await feed.subscribe([ref], (snapshot) => seen.push(snapshot));
    await writer.write("progress", processing(ref, 1, 2));
    await eventually("the other listener is told", () => seen.length === 2);
    await broken.close();
    await sound.close();
  });

  check("a closed subscription hears nothing, another of the same job still does", async () => {
    const { writer, feed } = opened().store;
    const ref = freshRef();
    const [closedSaw, openSaw]: [StoredSnapshot[], StoredSnapshot[]] = [[], []];
    const closed = await feed.subscribe([ref], (snapshot) => closedSaw.push(snapshot));
    const open = await feed.subscribe([ref], (snapshot) => openSaw.push(snapshot));
    await closed.close();
    await closed.close();
    await writer.write("announce", pending(ref));
    await eventually("the open one is told", () => openSaw.length === 1);
    expect(closedSaw).toEqual([]);
    await open.close();
  });
}

import type { JobRef, StoredSnapshot } from "@statusplane/core";
import { freshRef, processing } from "@statusplane/core/testing/status-store";
import { eventually } from "@statusplane/test-support";
import { expect, it } from "vitest";
import { FeedHub } from "../src/status-store/feed-hub.ts";
import { storedSnapshot } from "../src/status-store/stored-snapshot.ts";

const log = { warn: () => undefined, info: () => undefined };

function snapshot(ref: JobRef, version: number): StoredSnapshot {
  const stored = storedSnapshot(ref, processing(ref, 1, version).text);
  if (stored === null) throw new Error("not a text of ours");
  return stored;
}

/** A hub over a source that publishes nothing, and what its one listener was told. */
async function watching(
  readMany: () => Promise<readonly StoredSnapshot[]>,
  ref: JobRef,
): Promise<{ readonly hub: FeedHub; readonly told: number[] }> {
  const told: number[] = [];
  const listen = () => Promise.resolve(() => Promise.resolve());
  const readLists = () => Promise.reject(new Error("nobody watches them"));
  const source = { listen, readMany, listenLists: listen, readLists };
  const hub = new FeedHub(source, { rereadMs: 600_000, listEveryMs: 0, log });
  await hub.subscribe([ref], ({ version }) => told.push(version));
  return { hub, told };
}

it("a re-read that fails is repeated soon, until one succeeds", async () => {
  const ref = freshRef();
  let reads = 0;
  const { hub, told } = await watching(async () => {
    reads++;
    if (reads > 1 && reads < 4) throw new Error("the store does not answer");
    return [snapshot(ref, reads)];
  }, ref);
  await hub.reread();
  expect(told).toEqual([1]);
  await eventually("it is read again", () => told.length === 2);
  expect(told).toEqual([1, 4]);
  hub.close();
});

it("a re-read that is asked for while another one is under way begins after it", async () => {
  const ref = freshRef();
  let present = 1;
  let goOn: () => void = () => undefined;
  let gate: Promise<void> | undefined;
  const { hub, told } = await watching(async () => {
    const read = snapshot(ref, present);
    await gate;
    return [read];
  }, ref);
  gate = new Promise((resolve) => {
    goOn = resolve;
  });
  const first = hub.reread();
  present = 2;
  const [second, third] = [hub.reread(), hub.reread()];
  goOn();
  await first;
  expect(told).toEqual([1]);
  await Promise.all([second, third]);
  expect(told).toEqual([1, 2]);
  hub.close();
});

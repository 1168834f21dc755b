import { jobRef } from "@statusplane/core";
import { eventually } from "../eventually.ts";
import { expect } from "vitest";
import type { ContractContext } from "./contract-types.ts";
import { freshRef, pending, processing, succeeded } from "./sample-snapshots.ts";

/** Batches, tenants, and what an installation keeps. */
export function describeReads({ check, opened }: ContractContext): void {
  check("a snapshot is read as it was written, with its ETag", async () => {
    const { writer, reader } = opened().store;
    const ref = freshRef();
    const written = processing(ref, 3, 17);
    await writer.write("announce", written);
    expect(await reader.read(ref)).toEqual({
      ref,
      attempt: 3,
      version: 17,
      status: "PROCESSING",
      text: written.text,
      etag: '"3.17"',
    });
  });

  check("a batch answers in the order of its refs, with repeats and gaps", async () => {
    const { writer, reader } = opened().store;
    const refs = [freshRef(), freshRef("job"), freshRef(), freshRef("job")] as const;
    for (const ref of refs.slice(1)) await writer.write("announce", pending(ref));
    const asked = [refs[3], refs[0], refs[1], refs[3], refs[2]];
    const answered = await reader.readMany(asked);
    expect(answered.map((one) => one?.ref.id ?? null)).toEqual([
      refs[3].id,
      null,
      refs[1].id,
      refs[3].id,
      refs[2].id,
    ]);
    expect(await reader.readMany([])).toEqual([]);
  });

  check("equal ids of other tenants and kinds are never mixed", async () => {
    const { writer, reader } = opened().store;
    const [mine, theirs] = [`t${process.pid}-x`, `t${process.pid}-x-1`];
    const video = jobRef(mine, "video", "7");
    const job = jobRef(mine, "job", "7");
    const theirVideo = jobRef(theirs, "video", "7");
    const theirJob = jobRef(theirs, "job", "7");
    const refs = [video, job, theirVideo, theirJob];
    for (const [i, ref] of refs.entries()) await writer.write("announce", processing(ref, i + 1));
    expect((await reader.readMany(refs)).map((one) => one?.attempt)).toEqual([1, 2, 3, 4]);
    await writer.write("finish", succeeded(video));
    await writer.requestCancel(job, 2);
    const statuses = (await reader.readMany(refs)).map((one) => one?.status);
    expect(statuses).toEqual(["READY", "PROCESSING", "PROCESSING", "PROCESSING"]);
    const { cancelRequested } = await writer.write("progress", processing(theirJob, 4, 2));
    expect(cancelRequested).toBe(false);
  });

  describeInstallation({ check, opened });
}

function describeInstallation({ check, opened }: Pick<ContractContext, "check" | "opened">): void {
  check("sentinels tell the last tick", async () => {
    const { installation } = opened().store;
    await installation.ping();
    const last = { tick: 41, tickedAtMs: 1_760_000_000_123 };
    expect(await installation.writeSentinels(last, await installation.readSentinels())).toBe(true);
    const written = await installation.readSentinels();
    expect(written.length).toBeGreaterThan(0);
    for (const sentinel of written) expect(sentinel).toEqual(last);
  });

  check("a sentinel is written only over what was read", async () => {
    const { installation } = opened().store;
    const before = await installation.readSentinels();
    const first = { tick: 51, tickedAtMs: 1_760_000_000_123 };
    expect(await installation.writeSentinels(first, before)).toBe(true);
    expect(await installation.writeSentinels({ ...first, tick: 52 }, before)).toBe(false);
    const missing = before.map(() => null);
    expect(await installation.writeSentinels({ ...first, tick: 52 }, missing)).toBe(false);
    for (const sentinel of await installation.readSentinels()) expect(sentinel).toEqual(first);
  });

  check("sentinels are missing after a loss of data", async () => {
    const { store, flush } = opened();
    const { installation } = store;
    const before = await installation.readSentinels();
    expect(await installation.writeSentinels({ tick: 61, tickedAtMs: 1 }, before)).toBe(true);
    const read = await installation.readSentinels();
    await flush();
    for (const sentinel of await installation.readSentinels()) expect(sentinel).toBeNull();
    expect(await installation.writeSentinels({ tick: 62, tickedAtMs: 2 }, read)).toBe(false);
    for (const sentinel of await installation.readSentinels()) expect(sentinel).toBeNull();
  });

  check("a beat tells its owner and its age", async () => {
    const { installation } = opened().store;
    await installation.beat("reconciler-1");
    await installation.beat("reconciler-2");
    expect(await installation.readBeat()).toMatchObject({ owner: "reconciler-2" });
    await eventually("the beat grows older", async () => ((await installation.readBeat())?.ageMs ?? 0) >= 5);
  });

  check("a wake-up message reaches whoever listens", async () => {
    const { installation } = opened().store;
    let woken = 0;
    const unsubscribe = await installation.onWake(() => woken++);
    await installation.wake();
    await eventually("the listener is woken", () => woken === 1);
    await unsubscribe();
  });

  check("what no worker can run is told until it is taken back", async () => {
    const { installation, reader } = opened().store;
    await installation.setUnready("render", "tool_missing");
    await installation.setUnready("scan", "tool_missing");
    await installation.setUnready("scan", null);
    expect([...(await reader.readUnready(["scan", "render", "notify"]))]).toEqual([
      ["render", "tool_missing"],
    ]);
    expect((await reader.readUnready([])).size).toBe(0);
  });

  check("its memory can be read", async () => {
    const memory = await opened().store.installation.readMemory();
    expect(memory.usedBytes).toBeGreaterThan(0);
    expect(memory.maxBytes).toBeGreaterThanOrEqual(0);
    expect(memory.policy).not.toBe("");
  });

  check("its keys are counted, those with a TTL apart", async () => {
    const { writer, installation } = opened().store;
    const counted = async (): Promise<{ live: number; finished: number }> => {
      const { keys, expiringKeys } = await installation.readMemory();
      return { live: expiringKeys, finished: keys - expiringKeys };
    };
    const refs = Array.from({ length: 40 }, () => freshRef());
    const others = 10; // short-lived keys of other tests may go meanwhile
    const empty = await counted();
    for (const ref of refs) await writer.write("announce", pending(ref));
    const live = await counted();
    expect(live.live).toBeGreaterThan(empty.live + 40 - others);
    for (const ref of refs) await writer.write("finish", succeeded(ref));
    const finished = await counted();
    expect(finished.finished).toBeGreaterThan(live.finished + 40 - others);
    expect(finished.live).toBeLessThan(live.live - 40 + others);
  });
}

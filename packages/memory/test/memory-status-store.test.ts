import { CANCEL_FIELD, DEFAULT_TIMINGS } from "@statusplane/core";
import {
  describeStatusStore,
  freshRef,
  type Life,
  type OpenedStore,
  pending,
  succeeded,
} from "@statusplane/core/testing/status-store";
import { describe, expect, it } from "vitest";
import { MemoryEntries } from "../src/memory-entries.ts";
import { memoryStatusStoreOver } from "../src/open-memory-status-store.ts";

describeStatusStore(
  "memory",
  async (options = {}): Promise<OpenedStore> => {
    const entries = new MemoryEntries(Date.now);
    const store = memoryStatusStoreOver(entries, options);
    const until = (atMs: number | null): Life =>
      atMs === null ? "none" : Math.ceil((atMs - Date.now()) / 1_000);
    return {
      store,
      async life(ref) {
        const entry = entries.get(ref);
        if (entry === null) return { status: "absent", progress: "absent", result: "absent" };
        const life = until(entry.expiresAtMs);
        return {
          status: life,
          progress: entry.hash === null ? "absent" : life,
          result: entry.resultText === null ? "absent" : life,
        };
      },
      async hash(ref) {
        const entry = entries.get(ref);
        if (entry?.hash == null) return null;
        const flag = entry.cancelRequestedFor;
        const fields = { ...entry.hash, [CANCEL_FIELD]: flag === null ? null : String(flag) };
        return Object.fromEntries(
          Object.entries(fields).filter((field): field is [string, string] => field[1] !== null),
        );
      },
      flush: () => Promise.reject(new Error("this process' memory is not lost apart from the process")),
      close: () => store.close(),
    };
  },
  {
    skip: [
      {
        reason: "this process' memory is not lost apart from the process",
        tests: [
          "sentinels are missing after a loss of data",
          "after a loss of all data both lists come back by what repeats the writes, and are told",
        ],
      },
    ],
  },
);

describe("the memory store's own clock", () => {
  it("expires live jobs exactly when their time is over, and sweeps them in the course of other writes", async () => {
    let nowMs = 1_000_000;
    const entries = new MemoryEntries(() => nowMs);
    const { writer, reader } = memoryStatusStoreOver(entries, {});
    const live = Array.from({ length: 20 }, () => freshRef());
    for (const ref of live) await writer.write("announce", pending(ref));
    nowMs += DEFAULT_TIMINGS.liveTtlSeconds * 1_000 - 1;
    expect(await reader.readMany(live)).not.toContain(null);
    nowMs += 1;
    for (let i = 0; i < 20; i++) await writer.write("finish", succeeded(freshRef()));
    expect(entries.size).toBe(20);
    expect(await reader.readMany(live)).toEqual(live.map(() => null));
  });

  it("drops from an active list what showed no sign of life for a live key's time", async () => {
    let nowMs = 1_000_000;
    const { writer, reader } = memoryStatusStoreOver(new MemoryEntries(() => nowMs), {});
    const [old, fresh] = [freshRef("job", "sweep"), freshRef("job", "sweep")];
    await writer.write("announce", pending(old));
    nowMs += DEFAULT_TIMINGS.liveTtlSeconds * 1_000;
    await writer.write("announce", pending(fresh));
    const { snapshots, more } = await reader.readActive("sweep", 5);
    expect([snapshots.map(({ ref }) => ref.id), more]).toEqual([[fresh.id], 0]);
  });
});

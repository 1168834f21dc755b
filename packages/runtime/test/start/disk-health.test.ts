import { eventually } from "@statusplane/test-support";
import { afterEach, describe, expect, it, vi } from "vitest";
import { DiskHealth } from "../../src/program/disk-health.ts";

const MIB = 2 ** 20;

describe("what a process knows of the room for files", () => {
  let disk: DiskHealth | undefined;
  afterEach(() => disk?.stop());

  function watch(lookEveryMs = 5) {
    const said: string[] = [];
    const free: Record<string, number> = { "/uploads": 500 * MIB, "/outputs": 500 * MIB };
    let looks = 0;
    disk = new DiskHealth({
      folders: { uploads: "/uploads", outputs: "/outputs" },
      minFreeBytes: 100 * MIB,
      log: { warn: (_details, message) => void said.push(message) },
      lookEveryMs,
      freeBytes: async (folder) => {
        looks += 1;
        const bytes = free[folder];
        if (bytes === undefined) throw new Error("gone");
        return bytes;
      },
    });
    const become = async (changes: Record<string, number>): Promise<void> => {
      Object.assign(free, changes);
      const before = looks;
      await eventually("two more looks at both", () => looks > before + 4);
    };
    return { watched: disk, said, become, free, looks: () => looks };
  }

  it("is asked of both folders, in time for a file's own size, and never at a submit", async () => {
    const { watched, looks } = watch(60_000);
    expect(watched.refusesFile(0)).toBeNull(); // not looked at yet
    await watched.start();
    expect([0, 399 * MIB, 400 * MIB, 401 * MIB].map((bytes) => watched.refusesFile(bytes))).toEqual([
      null,
      null,
      null,
      "storage_full",
    ]);
    expect([watched.risks, looks()]).toEqual([[], 2]);
  });

  it.each(["/uploads", "/outputs"])(
    "is a risk while there is little of it in %s, and said once",
    async (folder) => {
      const { watched, said, become } = watch();
      await watched.start();
      await become({ [folder]: 99 * MIB });
      expect(watched.risks).toMatchObject([{ code: "disk_low" }]);
      expect([said.length, watched.refusesFile(0)]).toEqual([1, "storage_full"]);
      expect(said[0]).toMatch(new RegExp(`^MIN_FREE_BYTES: ${folder} has 103809024 bytes free of 104857600`));
      await become({ [folder]: 500 * MIB });
      expect([watched.risks, watched.refusesFile(0)]).toEqual([[], null]);
      await become({ [folder]: 1 });
      expect(said).toHaveLength(2);
    },
  );

  it("is looked at five times as often while there is little", async () => {
    vi.useFakeTimers();
    try {
      const { watched, free, looks } = watch(10_000);
      await watched.start();
      const looksIn10s = async (): Promise<number> => {
        const before = looks();
        await vi.advanceTimersByTimeAsync(10_000);
        return (looks() - before) / 2;
      };
      expect(await looksIn10s()).toBe(1);
      free["/outputs"] = 0;
      expect([await looksIn10s(), await looksIn10s()]).toEqual([1, 5]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("says nothing of a folder that cannot be looked at", async () => {
    const { watched, free } = watch(60_000);
    delete free["/outputs"];
    await watched.start();
    expect([watched.refusesFile(0), watched.risks, [...watched.free.keys()]]).toEqual([
      null,
      [],
      ["uploads"],
    ]);
  });
});

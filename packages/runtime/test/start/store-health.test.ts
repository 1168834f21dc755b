import { StatusplaneError, type StoreMemory } from "@statusplane/core";
import { eventually, withRedis } from "@statusplane/test-support";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { StoreHealth } from "../../src/program/store-health.ts";
import { StartBench } from "./start-bench.ts";

const SOUND: StoreMemory = {
  usedBytes: 10,
  maxBytes: 100,
  policy: "allkeys-lru",
  appendOnly: true,
  keys: 0,
  expiringKeys: 0,
};

describe("what a process knows of its status store", () => {
  let health: StoreHealth | undefined;
  afterEach(() => health?.stop());

  /** A store whose settings a test changes, looked at all the time. */
  function watch() {
    const said: string[] = [];
    const store = { now: SOUND as StoreMemory | null, looks: 0 };
    const readMemory = async (): Promise<StoreMemory> => {
      store.looks += 1;
      if (store.now === null) throw new StatusplaneError("store_unavailable");
      return store.now;
    };
    const warn = (_details: object, message: string): void => void said.push(message);
    const watched = new StoreHealth({ installation: { readMemory }, log: { warn }, lookEveryMs: 5 });
    health = watched;
    const become = async (next: Partial<StoreMemory> | null): Promise<void> => {
      store.now = next === null ? null : { ...SOUND, ...next };
      const before = store.looks;
      await eventually("two more looks", () => store.looks > before + 1);
    };
    return { watched, said, become };
  }

  it("is warned of once when a setting goes wrong long after the start, and again when it does so again", async () => {
    const { watched, said, become } = watch();
    await watched.start();
    expect([said, watched.risks, watched.eviction]).toEqual([[], [], "ok"]);
    await become({ policy: "volatile-lru" });
    expect(said).toEqual([expect.stringContaining("volatile-lru")]);
    expect(watched.eviction).toBe("evicts_live_jobs");
    await become({ policy: "volatile-lru", appendOnly: false });
    expect(said.slice(1)).toEqual([expect.stringContaining("append-only")]);
    await become({});
    expect([watched.risks, said.length]).toEqual([[], 2]);
    await become({ appendOnly: false });
    expect(said).toHaveLength(3);
  });

  it("is looked at again at the start, where the first look gets no answer", async () => {
    let looks = 0;
    const readMemory = async (): Promise<StoreMemory> => {
      if (++looks < 3) throw new StatusplaneError("store_unavailable");
      return { ...SOUND, policy: "volatile-lru" };
    };
    health = new StoreHealth({ installation: { readMemory }, log: { warn: () => undefined } });
    await health.start();
    expect([health.answers, health.eviction]).toEqual([true, "evicts_live_jobs"]);
  });

  it("is looked at five times as often while new work is refused or it is away", async () => {
    vi.useFakeTimers();
    try {
      let now: StoreMemory | null = SOUND;
      let looks = 0;
      const readMemory = async (): Promise<StoreMemory> => {
        looks += 1;
        if (now === null) throw new StatusplaneError("store_unavailable");
        return now;
      };
      health = new StoreHealth({ installation: { readMemory }, log: { warn: () => undefined } });
      await health.start();
      const looksIn10s = async (): Promise<number> => {
        const before = looks;
        await vi.advanceTimersByTimeAsync(10_000);
        return looks - before;
      };
      expect(await looksIn10s()).toBe(1);
      now = { ...SOUND, policy: "noeviction", usedBytes: 99 };
      expect(await looksIn10s()).toBe(1); // the one that sees it
      expect(await looksIn10s()).toBe(5);
      now = SOUND;
      expect(await looksIn10s()).toBeLessThanOrEqual(2); // the first of them sees it
      now = null;
      expect([await looksIn10s(), await looksIn10s()].at(1)).toBe(5);
    } finally {
      vi.useRealTimers();
    }
  });

  it("keeps what it knew while the store is away, and says so once", async () => {
    const { watched, said, become } = watch();
    await watched.start();
    await become(null);
    expect([watched.answers, watched.memory, said.length]).toEqual([false, SOUND, 1]);
    await become({});
    expect(watched.answers).toBe(true);
  });

  it("refuses new work under noeviction alone, above 85 % of a limit, until there is room again", async () => {
    const { watched, become } = watch();
    await watched.start();
    for (const [memory, answer] of [
      [{ policy: "noeviction", usedBytes: 85 }, null],
      [{ policy: "noeviction", usedBytes: 86 }, "storage_full"],
      [{ policy: "noeviction", usedBytes: 60 }, null],
      [{ policy: "allkeys-lru", usedBytes: 99 }, null],
      [{ policy: "noeviction", usedBytes: 99, maxBytes: 0 }, null],
    ] as const) {
      await become(memory);
      expect([memory, watched.acceptsWork()]).toEqual([memory, answer]);
    }
  });
});

describe("the program on a Redis whose memory is nearly full", () => {
  let bench: StartBench;
  beforeAll(async () => {
    bench = await StartBench.open({
      status: ["--appendonly", "yes", "--maxmemory-policy", "noeviction"],
      queue: [],
    });
  });
  afterAll(() => bench.close());

  it("answers 507 to new work, before its body is read, and goes on answering polls", async () => {
    const used = await withRedis(bench.status.url, async (redis) => {
      const bytes = Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]);
      await redis.config("SET", "maxmemory", String(Math.floor(bytes * 1.1)));
      return bytes;
    });
    expect(used).toBeGreaterThan(0);
    const program = await bench.started("api");
    const form = new FormData();
    form.set("file", new Blob(["not even looked at"]), "a.mp4");
    const answer = await program.send("POST", "/media/videos/", form);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([507, "storage_full"]);
    expect((await program.get("/api/v1/jobs/unknown/progress/")).status).toBe(404);
    expect(answer.headers.get("retry-after")).not.toBeNull();
  });
});

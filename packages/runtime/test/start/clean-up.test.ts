import { describe, expect, it } from "vitest";
import { cleanUp, type CleanUpOptions } from "../../src/program/clean-up.ts";

const DAY_MS = 86_400_000;

/** An hour's cleaning that finds `ended` rows to be removed; answers the statements that were sent. */
async function clean(ended: number, more: Partial<CleanUpOptions> = {}): Promise<readonly string[]> {
  const sent: string[] = [];
  let left = ended;
  await cleanUp({
    records: {
      attemptsOf: async () => new Map(),
      async forgetIdempotencyKeys(olderThanMs) {
        sent.push(`keys older than ${olderThanMs / DAY_MS} d`);
        return 0;
      },
      async removeEnded(olderThanMs, limit) {
        const removed = Math.min(limit, left);
        left -= removed;
        sent.push(`${removed} rows older than ${olderThanMs / DAY_MS} d`);
        return removed;
      },
    },
    collector: {
      async collect() {
        sent.push("files");
        return { inputs: 0, outputs: 0, temporaryFiles: 0 };
      },
    },
    views: {
      async removeOld(olderThanDays) {
        sent.push(`views older than ${olderThanDays} d`);
        return 0;
      },
    },
    viewRetentionDays: 400,
    inputRetentionSeconds: 1,
    recordRetentionDays: 30,
    signal: new AbortController().signal,
    pauseMs: 0,
    ...more,
  });
  return sent;
}

describe("the hourly cleaning", () => {
  it("removes what ended before the retention in batches of 500, until there are no more", async () => {
    expect(await clean(1_200)).toEqual([
      "files",
      "keys older than 1 d",
      "views older than 400 d",
      "500 rows older than 30 d",
      "500 rows older than 30 d",
      "200 rows older than 30 d",
    ]);
  });

  it("removes no job where no retention is set", async () => {
    expect(await clean(1_200, { recordRetentionDays: null })).toEqual([
      "files",
      "keys older than 1 d",
      "views older than 400 d",
    ]);
  });

  it("has the application remove its own, until that says there is no more", async () => {
    let left = 3;
    const own = async (): Promise<boolean> => --left > 0;
    await clean(0, { own, recordRetentionDays: null });
    expect(left).toBe(0);
  });

  it("sends no statement more once it is to end", async () => {
    expect(await clean(1_200, { signal: AbortSignal.abort(), pauseMs: 60_000 })).toEqual(["files"]);
  });
});

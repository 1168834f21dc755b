import { jobKeys } from "@statusplane/core";
import type { Life, OpenedStore } from "@statusplane/core/testing/status-store";
import { Redis } from "ioredis";
import { openRedisStatusStore, type RedisStatusStoreOptions } from "../src/index.ts";

/** A Redis store with a connection of its own for looking behind it. */
export async function openRedisForTest(options: RedisStatusStoreOptions): Promise<OpenedStore> {
  const store = await openRedisStatusStore(options);
  const raw = new Redis(options.url);
  const life = async (key: string): Promise<Life> => {
    const ttl = await raw.ttl(key);
    return ttl === -2 ? "absent" : ttl === -1 ? "none" : ttl;
  };
  return {
    store,
    async life(ref) {
      const keys = jobKeys(ref);
      return {
        status: await life(keys.status),
        progress: await life(keys.progress),
        result: await life(keys.result),
      };
    },
    async hash(ref) {
      const hash = await raw.hgetall(jobKeys(ref).progress);
      return Object.keys(hash).length === 0 ? null : hash;
    },
    flush: async () => void (await raw.flushall()),
    async close() {
      raw.disconnect();
      await store.close();
    },
  };
}

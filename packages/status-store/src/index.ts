/**
 * Where live and finished snapshots are kept: two adapters of core's `StatusStore`, in memory and in Redis, behind one
 * contract suite (`test/contract`).
 * Imports core and ioredis only. Snapshots come in encoded from workers and the reconciler and go out as the same text
 * to progress and event routes.
 */
export { openMemoryStatusStore, type MemoryStatusStoreOptions } from "./memory/index.ts";
export { openRedisStatusStore, type RedisStatusStoreOptions } from "./redis/index.ts";
export type { StatusStoreCounters, StatusStoreLog, StatusStoreOptions } from "./status-store-options.ts";

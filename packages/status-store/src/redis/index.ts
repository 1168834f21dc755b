/**
 * The status store in Redis: standalone, Sentinel or Cluster. `lua/` holds the guarded writes, one file per script.
 * Imports core, ioredis and the folder above.
 * Writes go out as one script call each; reads of one event-loop turn go out as one MGET; news come in over one
 * subscriber connection per process (in Cluster one per master). Every call has a deadline and a breaker before it.
 */
export { openRedisStatusStore, type RedisStatusStoreOptions } from "./open-redis-status-store.ts";

/**
 * The status store in Redis: standalone, Sentinel or Cluster. `status-store/lua/` holds the guarded writes, one file per
 * script. Snapshots come in encoded from workers and the reconciler and go out as the same text to progress and event
 * routes: writes as one script call each, reads of one event-loop turn as one MGET; news come in over one subscriber
 * connection per process (in Cluster one per master). Every call has a deadline and a breaker before it.
 */
export {
  openRedisStatusStore,
  type RedisStatusStoreOptions,
} from "./status-store/open-redis-status-store.ts";

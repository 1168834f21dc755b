/**
 * The status store of one process: a Map with expiry, for embedded mode and tests. The same rules and the same
 * observable behaviour as `redis/`, decided by core's `applyTransition`.
 * Imports core and the folder above; no I/O.
 * Snapshots come from the writer and go to reader and feed of the same process; nothing survives its end.
 */
export { openMemoryStatusStore, type MemoryStatusStoreOptions } from "./open-memory-status-store.ts";

/**
 * The platform's ports in one process' memory, for embedded mode and tests. The same rules and the same observable
 * behaviour as in Redis, decided by core; nothing survives the process.
 */
export { createMemoryQueue, type MemoryQueueOptions } from "./memory-queue.ts";
export { openMemoryStatusStore, type MemoryStatusStoreOptions } from "./open-memory-status-store.ts";

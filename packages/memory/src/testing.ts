/** What lies behind the memory store's ports, for tests and drills that look at it. */
export { MemoryEntries } from "./memory-entries.ts";
export { memoryStatusStoreOver } from "./open-memory-status-store.ts";

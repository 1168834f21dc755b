/** What lies behind the memory store's ports, and records of jobs and views in memory: for tests and drills. */
export { MemoryEntries } from "./memory-entries.ts";
export { MemoryInstallation } from "./memory-installation.ts";
export { memoryStatusStoreOver } from "./open-memory-status-store.ts";
export { memoryJobRecords, type MemoryJobRecords } from "./job-records/index.ts";
export { newRow } from "./job-records/memory-request-records.ts";
export type { MemoryRow } from "./job-records/memory-rows.ts";
export { MemoryViewRecords } from "./memory-view-records.ts";

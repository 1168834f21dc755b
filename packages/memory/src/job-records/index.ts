import type { ReconcilerRecords, RequestRecords, WorkerRecords } from "@statusplane/core";
import { memoryReconcilerRecords, type MemoryLease } from "./memory-reconciler-records.ts";
import { memoryRequestRecords } from "./memory-request-records.ts";
import { MemoryRows, type MemoryRowsOptions } from "./memory-rows.ts";
import { memoryWorkerRecords } from "./memory-worker-records.ts";

/** The ports over rows in memory, and the rows themselves. */
export interface MemoryJobRecords {
  readonly worker: WorkerRecords;
  readonly requests: RequestRecords;
  readonly reconciler: ReconcilerRecords;
  readonly rows: MemoryRows;
  readonly lease: MemoryLease;
}

/**
 * Job records that do what the statements of Postgres do, by the same contract suite, and keep nothing beyond the
 * process: for tests, never for work that must not be lost.
 */
export function memoryJobRecords(options: MemoryRowsOptions): MemoryJobRecords {
  const rows = new MemoryRows(options);
  const lease: MemoryLease = { leader: null, tick: 0, tickedAtMs: 0 };
  return {
    worker: memoryWorkerRecords(rows),
    requests: memoryRequestRecords(rows),
    reconciler: memoryReconcilerRecords(rows, lease),
    rows,
    lease,
  };
}

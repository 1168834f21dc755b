/**
 * Work: `defineJob`, the worker (claim, run, report, finish) and the reconciler. No driver.
 * Deliveries come in from a JobQueue, rows from WorkerRecords and ReconcilerRecords; snapshots go out through a
 * StatusWriter, outputs through JobFiles. All of these ports are given from outside.
 */
export * from "./define-job.ts";
export { ViewFlusher, type ViewFlusherOptions, type ViewFlusherStatus } from "./views/view-flusher.ts";
export { silentLog, type Log } from "./log.ts";
export { createReconciler } from "./reconciler/create-reconciler.ts";
export * from "./reconciler/reconciler-options.ts";
export type { Loss } from "./reconciler/loss-detection.ts";
export {
  createWorker,
  type StatusWorker,
  type WorkerOptions,
  type WorkerStatus,
} from "./runner/create-worker.ts";
export type { WorkerCounts } from "./runner/worker-counters.ts";

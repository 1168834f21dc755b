/**
 * Work: `defineJob`, the worker (claim, run, report, finish), the reconciler, and the queues `memory` and `bullmq`.
 * Imports @statusplane/core and, for the BullMQ queue alone, the optional peers bullmq and ioredis.
 * Deliveries come in from a JobQueue, rows from WorkerRecords and ReconcilerRecords; snapshots go out through a
 * StatusWriter, outputs through JobFiles. All of these ports are given from outside.
 */
export { systemClock, type Clock } from "./clock.ts";
export * from "./define-job.ts";
export { silentLog, type Log } from "./log.ts";
export { createMemoryQueue, type MemoryQueueOptions } from "./queues/memory/memory-queue.ts";
export {
  createBullmqQueue,
  type BullmqQueue,
  type BullmqQueueOptions,
} from "./queues/bullmq/bullmq-queue.ts";
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

/**
 * The contract of the ports `WorkerRecords`, `RequestRecords` and `ReconcilerRecords`, for whoever writes an adapter:
 * `describeJobRecords` defines its tests, and the rest is what they and an adapter's own tests are made of. Needs vitest.
 */
export { describeJobRecords } from "./describe-job-records.ts";
export * from "./opened-records.ts";

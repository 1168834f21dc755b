/**
 * The contract of the port `JobQueue`, for whoever writes an adapter: `describeJobQueue` defines its tests, and the rest
 * is what they and an adapter's own tests are made of. Needs vitest.
 */
export { delivery, depthOf, describeJobQueue, recordAll } from "./describe-job-queue.ts";

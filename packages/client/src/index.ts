/**
 * Watches jobs from a browser: one adaptive poller per tab, the state of each watched job, and the product's HTTP
 * interface. Imports core only; no React (that is `./react`), no Node. Data comes in by `fetch` and goes out by
 * `subscribe` and `getSnapshot`.
 */
export { isRetryable } from "@statusplane/core";
export * from "./browser-language.ts";
export * from "./client-error.ts";
export { createClient } from "./create-client.ts";
export * from "./environment.ts";
export type { JobTypeError, JobTypeInfo } from "./job-types.ts";
export * from "./statusplane-client.ts";
export {
  isEnded,
  isSuccess,
  watchKey,
  type WatchedJob,
  type WatchedStep,
  type WatchRef,
} from "./watched-job.ts";

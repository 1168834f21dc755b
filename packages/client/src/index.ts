/**
 * Watches jobs from a browser: pushed by one connection per browser, polled where that does not work; the state of each
 * watched job, and the server's HTTP interface. Imports core only; no React (that is `./react`), no Node. Data comes in
 * by `transport/` and goes out by `subscribe` and `getSnapshot`.
 */
export { isRetryable, type Kind, type Status } from "@statusplane/core";
export {
  asMembers,
  isMembers,
  numberOrNull,
  readEach,
  readPage,
  textOrNull,
  type DemoSignedInBody,
  type DemoTenantBody,
  type DetailedJob,
  type JobTypeError,
  type JobTypeInfo,
  type Members,
  type Page,
  type Playback,
  type RecordedAttempt,
  type RecordedJob,
  type RecordedOutput,
} from "@statusplane/core/wire";
export { jobsAhead, type ActiveList } from "./active-jobs.ts";
export * from "./browser-language.ts";
export * from "./client-error.ts";
export { createClient } from "./create-client.ts";
export * from "./demo.ts";
export * from "./environment.ts";
export * from "./statusplane-client.ts";
export * from "./streaming-environment.ts";
export type { Channel, LockOptions, Tabs } from "./tabs/tabs.ts";
export type { ClientTimings } from "./transport/client-timings.ts";
export {
  isEnded,
  isSuccess,
  watchKey,
  type WatchedJob,
  type WatchedStep,
  type WatchRef,
} from "./watched-job.ts";

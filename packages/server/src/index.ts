/**
 * The HTTP side: Fastify plugins that serve snapshots, details, submits and playback.
 * Imports core and no sibling; storage comes in through core's ports as options of `statusplane`, the plugin, and of
 * `createServer`, requests come in by HTTP. Answers go out as JSON, as problem+json, and as files of outputs. Routes of
 * watchers hold a reader, streams a feed beside it, and nothing else of storage.
 */
/** Brings the documents' members of a route's schema (`tags`, `summary`) to whoever adds routes. */
import "@fastify/swagger"; // its types extend a route's schema, for whoever adds routes
export { createServer } from "./create-server.ts";
export type { ServerOptions } from "./server-options.ts";
export {
  statusplane,
  type JobsOptions,
  type MountOptions,
  type StatusplaneOptions,
  type WatchingOptions,
} from "./mount/index.ts";
export {
  recordRef,
  requireIdentity,
  requireOperator,
  mintToken,
  requireTenant,
  subjectOf,
  type Authenticate,
  type ClaimNames,
  type DemoTenant,
  type Identity,
  type LimitRates,
  type SignedIn,
  type SignInOptions,
} from "./auth/index.ts";
export type { DetailReads } from "./detail/index.ts";
export { sendProblem, type ProblemOptions } from "./errors/index.ts";
export { logOptions, type LogOptions } from "./http/index.ts";
export {
  askedGauges,
  createOperatorsServer,
  type MetricsAccess,
  type MetricSources,
  type Readiness,
} from "./operations/index.ts";
export { JobOutputs, type JobOutputsOptions } from "./outputs/index.ts";
export type { PlayableFiles } from "./playback/index.ts";
export { acceptUpgrades, type StreamRates, type StreamTimings } from "./watch/index.ts";

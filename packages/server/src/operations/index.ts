/**
 * What operators ask: is it alive, is it ready, how does it do, what does it offer. Imports core, auth/, prom-client,
 * swagger. Every answer comes from what the process already knows, through injected functions: none costs a statement
 * or a round trip.
 */
export * from "./api-document.ts";
export * from "./asked-gauges.ts";
export * from "./health-routes.ts";
export * from "./metrics-routes.ts";
export * from "./operators-server.ts";
export * from "./server-metrics.ts";

/**
 * Real services for tests, benches and drills: each starts on a free port of 127.0.0.1 in a folder of its own and is
 * stopped by its `stop()`. Imports no package of the product.
 */
export * from "./free-port.ts";
export * from "./postgres.ts";
export * from "./redis.ts";
export * from "./redis-cluster.ts";
export * from "./redis-sentinel.ts";
export * from "./eventually.ts";
export * from "./find-program.ts";
export * from "./http-box.ts";
export * from "./program.ts";
export * from "./server-place.ts";
export * from "./command-line.ts";
export * from "./color-bars.ts";
export * from "./told-times.ts";
export { root, typeCheck } from "./type-check.ts";
export * from "./mail-server.ts";
export * from "./certificate.ts";
export * from "./webhook-receiver.ts";

/**
 * What HTTP itself needs: limits of headers, URLs and bodies, the connections and their deadlines, the log's shape, token
 * buckets.
 * Imports core, Fastify and errors/. Options come from the composer; what comes out are Fastify options, parsers and
 * hooks that know nothing of jobs.
 */
export * from "./body-arrivals.ts";
export * from "./connections.ts";
export * from "./end-gently.ts";
export * from "./fastify-options.ts";
export * from "./form-parts.ts";
export * from "./http-limits.ts";
export * from "./json-body.ts";
export * from "./keep-connections.ts";
export * from "./keyed-buckets.ts";
export * from "./log-options.ts";
export * from "./loopback-host.ts";
export * from "./token-bucket.ts";

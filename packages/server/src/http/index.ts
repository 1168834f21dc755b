/**
 * What HTTP itself needs: limits of headers, URLs and bodies, deadlines, the log's shape, CORS, token buckets.
 * Imports core, Fastify and errors/. Options come from the composer; what comes out are Fastify options, parsers and
 * hooks that know nothing of jobs.
 */
export * from "./body-deadline.ts";
export * from "./fastify-options.ts";
export * from "./json-body.ts";
export * from "./log-options.ts";
export * from "./token-bucket.ts";

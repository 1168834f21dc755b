/**
 * Errors as people and programs see them: problem+json (RFC 9457) from core's table, Korean or English.
 * Imports core and Fastify. Errors come in from every route, from Fastify itself and as unknown addresses;
 * they go out as the table's status, code and sentence. The one place where an `unknown` becomes an error with a code.
 */
export * from "./language.ts";
export * from "./problem.ts";
export * from "./coerce-error.ts";
export * from "./known-routes.ts";
export * from "./answer-errors.ts";

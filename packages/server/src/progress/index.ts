/**
 * What watchers ask: the progress of one job, of many, of all that is live. Imports core, auth/ and errors/.
 * Snapshots come from a `StatusReader`, the only storage these routes are given, and go out as the text that is stored:
 * nothing here can reach the database, and nothing parses or serialises a snapshot.
 */
export * from "./asked.ts";
export * from "./batch-answer.ts";
export * from "./batch-routes.ts";
export * from "./etag.ts";
export * from "./poll-counts.ts";
export * from "./progress-options.ts";
export * from "./progress-routes.ts";
export * from "./progress-schemas.ts";

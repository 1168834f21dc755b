/**
 * The record from the database, for a person who asks: many at once cost one statement, a finished answer is reused for
 * 5 s, an unknown id is remembered for 10 s, and a budget bounds the rest. Imports core, auth/, playback's URLs.
 * Rows come from `RequestRecords`; what was read is also written to the status store, not awaited, so that watchers of
 * a job that Redis lost see it again.
 */
export * from "./detail-body.ts";
export * from "./detail-reads.ts";
export * from "./detail-routes.ts";

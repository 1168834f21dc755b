/**
 * The record from the database, for a person who asks: what comes while a statement is under way shares the next one, a
 * finished answer is reused for 5 s, an unknown id is remembered for 10 s, and each tenant has a share of the rest.
 * Imports core, auth/, playback's URLs.
 * Rows come from `RequestRecords`; what was read is also written to the status store, not awaited, so that watchers of
 * a job that Redis lost see it again.
 */
export * from "./detail-body.ts";
export * from "./detail-reads.ts";
export * from "./detail-routes.ts";

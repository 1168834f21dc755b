/**
 * Reports of what was watched, and who reports now: of storage there is the status store's views and its reader alone, so
 * that no report can cost a statement. Imports core, auth/, http/. Reports come in, states go out.
 */
export * from "./grant-routes.ts";
export * from "./live-routes.ts";
export * from "./report-routes.ts";
export * from "./video-length.ts";
export * from "./view-body.ts";
export * from "./view-counts.ts";
export * from "./view-grants.ts";
export * from "./view-schemas.ts";

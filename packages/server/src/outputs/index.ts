/**
 * Files of attempts: opened in one way, with all its checks, and sent whole or in part. Imports core, http/ and
 * progress/'s ETags. Which attempt counts is told by the snapshot, else by the row; the bytes come from `RequestFiles`.
 */
export * from "./attempt-file.ts";
export * from "./file-routes.ts";
export * from "./job-outputs.ts";
export * from "./send-file.ts";

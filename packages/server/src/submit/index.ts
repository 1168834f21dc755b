/**
 * How work comes in: uploads and JSON bodies become rows, snapshots and deliveries, in this order and none without the
 * one before. Imports core, auth/, errors/, http/. The body streams into `RequestFiles`, the row goes to
 * `RequestRecords`, and what follows the COMMIT goes through `AfterCommit`, whose failures are the relay's.
 */
export * from "./after-commit.ts";
export * from "./inspect-upload.ts";
export { FORM_EXTRA_BYTES } from "./read-submission.ts";
export * from "./submit-options.ts";
export * from "./submit-routes.ts";
export * from "./submitted.ts";

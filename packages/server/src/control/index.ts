/**
 * What people ask of a job: its end, or another attempt. Imports core, auth/, detail/, submit/.
 * Postgres decides first (`RequestRecords`), then store, queue and worker are told; what fails after the COMMIT is the
 * relay's and never the request's.
 */
export * from "./control-routes.ts";

/**
 * What there was: pages of a tenant's records, newest first. Imports core, auth/, detail/.
 * One statement a page from `RequestRecords`; the items are detail bodies. Nothing here reads or writes the status
 * store.
 */
export * from "./history-routes.ts";

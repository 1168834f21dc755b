/**
 * What a watcher of `./poll` or `./watch` can do beside watching, each a function that takes it: a page loads those that
 * it calls. A client has all of it as methods.
 */
export { askRecords } from "./asking-records.ts";
export { cancelJob, retryJob } from "./changing.ts";
export { getActive, loadActive, watchActive } from "./live-jobs.ts";
export type { GoneView, LiveViews, LiveViewsOptions } from "./live-views.ts";
export { waitFor } from "./wait-for.ts";
export { getViews, watchViews } from "./watching-views.ts";

/**
 * The contract of what keeps views, for whoever writes an adapter: `describeViews` defines its tests, with generated
 * histories that `countReport` decides beside it. Needs vitest and fast-check.
 */
export { describeViews, type OpenedViews } from "./describe-views.ts";

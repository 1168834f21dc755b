/**
 * The contracts of what keeps views, for whoever writes an adapter: `describeViews` defines the tests of a status store, with
 * generated histories that `countReport` decides beside it, `describeViewFeed` those of its feed, `describeViewRecords` those of
 * their rows. Needs vitest and
 * fast-check.
 */
export { describeViewFeed, type OpenedViewFeed } from "./describe-view-feed.ts";
export { describeViews, type OpenedViews } from "./describe-views.ts";
export { describeViewRecords, fullView, type OpenedViewRecords } from "./describe-view-records.ts";

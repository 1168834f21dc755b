/**
 * What every adapter of the status store is made of: its options and their defaults, the reading of stored texts, and
 * the feed over a source of news. For adapters alone; what they are used by is in the package's own entry.
 */
export { callListener } from "./call-listener.ts";
export { FeedHub, type FeedHubOptions, type FeedSource } from "./feed-hub.ts";
export {
  statusStoreSettings,
  type StatusStoreCounters,
  type StatusStoreLog,
  type StatusStoreOptions,
  type StatusStoreSettings,
} from "./status-store-options.ts";
export { ViewsHub, type ViewsHubOptions, type ViewsSource } from "./views-hub.ts";
export { snapshotWithHead, storedSnapshot } from "./stored-snapshot.ts";

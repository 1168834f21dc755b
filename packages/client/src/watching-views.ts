import { WatchedViews, type LiveViews, type LiveViewsOptions } from "./live-views.ts";
import type { JobWatcher } from "./statusplane-client.ts";
import { partsOf } from "./watcher-parts.ts";

/** A watcher's views: made when they are first spoken of. */
function viewsOf(watcher: JobWatcher): WatchedViews {
  const parts = partsOf(watcher);
  const { sender, table } = parts;
  return (parts.views ??= new WatchedViews({ sender, table, delivering: () => parts.delivering }));
}

/**
 * Wants to be told what everybody watches of these videos, at most 100, until the answer is called; counted. For a sign-in
 * that may manage. `subscribe` of the watcher tells of each change.
 */
export function watchViews(
  watcher: JobWatcher,
  videoIds: readonly string[],
  options?: LiveViewsOptions,
): () => void {
  return viewsOf(watcher).watch(videoIds, options);
}

/** Who has watched what, as far as it was told: the same object while nothing changed. */
export function getViews(watcher: JobWatcher): LiveViews {
  return viewsOf(watcher).state;
}

"use client";

import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import type { GoneView, LiveViews } from "../live-views.ts";
import { getViews, watchViews } from "../watching-views.ts";
import { useClient } from "./provider.tsx";

export type { GoneView, LiveViews } from "../live-views.ts";

/**
 * What everybody watches of these videos, at most 100, as they watch; for a sign-in that may manage. No database statement.
 * @param onGone of a view that the status store does not know any more: its row says what is left of it.
 *
 * @example
 * const views = useLiveViews(["42"]);
 * const percent = views.get("s1")?.get("42")?.watchedPercent;
 */
export function useLiveViews(videoIds: readonly string[], onGone?: (gone: GoneView) => void): LiveViews {
  const client = useClient();
  const newest = useRef(onGone);
  useEffect(() => {
    newest.current = onGone;
  });
  const ids = videoIds.join(",");
  useEffect(() => {
    if (ids === "") return;
    return watchViews(client, ids.split(","), { onGone: (gone) => newest.current?.(gone) });
  }, [client, ids]);
  const subscribe = useCallback((listener: () => void) => client.subscribe(listener), [client]);
  const read = (): LiveViews => getViews(client);
  return useSyncExternalStore(subscribe, read, read);
}

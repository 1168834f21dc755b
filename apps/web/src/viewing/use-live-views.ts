import { asMembers, textOrNull } from "@statusplane/client";
import { useClient } from "@statusplane/client/react";
import { isNewerView, liveViewsPath, readViews, type View } from "@statusplane/client/views";
import { useEffect, useState } from "react";

/** Viewer → video → the newest. */
export type LiveViews = ReadonlyMap<string, ReadonlyMap<string, View>>;

/** Players report every 10 s: asking twice as often shows each report soon. */
const ASK_MS = 5_000;

/** Whoever watches one of these videos now, asked from the status store while the page is seen. */
export function useLiveViews(videoIds: readonly string[]): LiveViews {
  const client = useClient();
  const [views, setViews] = useState<LiveViews>(new Map());
  const ids = videoIds.join(",");
  useEffect(() => {
    if (ids === "") return;
    let [isWanted, since]: [boolean, string | null] = [true, null];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        if (document.visibilityState === "visible") {
          const news = await client.read(liveViewsPath(ids.split(","), since), readLive);
          since = news.cursor;
          if (isWanted) setViews((before) => withNews(before, news.views));
        }
      } catch {
        // asked again soon; that the server does not answer is said above the page
      }
      if (isWanted) timer = setTimeout(() => void ask(), ASK_MS);
    };
    void ask();
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [client, ids]);
  return views;
}

function readLive(body: unknown): { readonly views: readonly View[]; readonly cursor: string | null } | null {
  const views = readViews(body);
  return views === null ? null : { views, cursor: textOrNull(asMembers(body)["cursor"]) };
}

function withNews(before: LiveViews, news: readonly View[]): LiveViews {
  if (news.length === 0) return before;
  const after = new Map(before);
  for (const view of news) {
    const known = after.get(view.viewer) ?? new Map<string, View>();
    const last = known.get(view.videoId);
    if (last === undefined || isNewerView(view, last))
      after.set(view.viewer, new Map(known).set(view.videoId, view));
  }
  return after;
}

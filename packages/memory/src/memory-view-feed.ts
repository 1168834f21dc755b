import { videoViewKeys, type ViewHint, type ViewStore } from "@statusplane/core";
import { ViewsHub, type StatusStoreSettings } from "@statusplane/core/status-store";
import type { MemoryChannels } from "./memory-channels.ts";

export interface MemoryViewFeedParts {
  /** Whose view has changed, by the channel of the video. */
  readonly reports: MemoryChannels<ViewHint>;
  readonly views: Pick<ViewStore, "read" | "readRecent" | "nowMs">;
  readonly settings: StatusStoreSettings;
}

/** The feed over the views' own channels: they lose nothing, so nothing is read again. */
export function memoryViewFeed({ reports, views, settings }: MemoryViewFeedParts): ViewsHub {
  return new ViewsHub(
    {
      listen: async (tenant, video, hear) => reports.listen(videoViewKeys(tenant, video).events, hear),
      read: (refs) => views.read(refs),
      readRecent: (tenant, video, options) => views.readRecent(tenant, video, options),
      nowMs: () => views.nowMs(),
    },
    { rereadMs: 0, viewsEveryMs: settings.timings.viewsEveryMs, log: settings.log },
  );
}

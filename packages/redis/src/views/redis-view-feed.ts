import { readViewHint, videoViewKeys, type ViewStore } from "@statusplane/core";
import { ViewsHub, type StatusStoreSettings } from "@statusplane/core/status-store";
import type { RedisChannels } from "../status-store/redis-channels.ts";

export interface RedisViewFeedParts {
  readonly channels: RedisChannels;
  readonly views: Pick<ViewStore, "read" | "readRecent" | "nowMs">;
  readonly cluster: boolean;
  readonly settings: StatusStoreSettings;
}

/**
 * The feed of views over the process's subscriptions. What is published names viewers alone; Pub/Sub loses messages without
 * a word, so whatever was reported is looked for after each reconnect and every `timings.rereadMs`.
 */
export function redisViewFeed({ channels, views, cluster, settings }: RedisViewFeedParts): ViewsHub {
  const { rereadMs, viewsEveryMs } = settings.timings;
  const hub = new ViewsHub(
    {
      listen: (tenant, video, hear) =>
        channels.listen(videoViewKeys(tenant, video, cluster).events, (text) => hear(readViewHint(text))),
      read: (refs) => views.read(refs),
      readRecent: (tenant, video, options) => views.readRecent(tenant, video, options),
      nowMs: () => views.nowMs(),
    },
    { rereadMs, viewsEveryMs, log: settings.log },
  );
  channels.onResubscribed(() => hub.resubscribed());
  return hub;
}

import { jobKeys, readTenantLists, tenantKeys, type StatusReader } from "@statusplane/core";
import { FeedHub, type StatusStoreSettings, storedSnapshot } from "@statusplane/core/status-store";
import type { RedisChannels } from "./redis-channels.ts";

export interface RedisFeedParts {
  readonly channels: RedisChannels;
  readonly reader: StatusReader;
  readonly cluster: boolean;
  readonly settings: StatusStoreSettings;
}

/**
 * The feed over the process's subscriptions. Pub/Sub loses messages without a word, and other programs publish none:
 * so everything watched is read again after each reconnect and every `timings.rereadMs`.
 */
export function redisStatusFeed({ channels, reader, cluster, settings }: RedisFeedParts): FeedHub {
  const { rereadMs, listEveryMs } = settings.timings;
  const hub = new FeedHub(
    {
      listen: (ref, hear) =>
        channels.listen(jobKeys(ref, cluster).events, (text) => {
          const snapshot = storedSnapshot(ref, text);
          if (snapshot !== null) hear(snapshot);
        }),
      readMany: (refs) => reader.readMany(refs),
      listenLists: (tenant, hear) => channels.listen(tenantKeys(tenant, cluster).lists, hear),
      readLists: (tenant) => readTenantLists(reader, tenant),
    },
    { rereadMs, listEveryMs, log: settings.log },
  );
  channels.onResubscribed(() => hub.resubscribed());
  return hub;
}

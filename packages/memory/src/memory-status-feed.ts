import { jobKeys, type StatusReader, type StoredSnapshot } from "@statusplane/core";
import { FeedHub, type StatusStoreSettings } from "@statusplane/core/status-store";
import type { MemoryChannels } from "./memory-channels.ts";

/** The feed over the writer's own channels: they lose nothing, so nothing is read again. */
export function memoryStatusFeed(
  events: MemoryChannels<StoredSnapshot>,
  reader: StatusReader,
  settings: StatusStoreSettings,
): FeedHub {
  return new FeedHub(
    {
      listen: async (ref, hear) => events.listen(jobKeys(ref).events, hear),
      readMany: (refs) => reader.readMany(refs),
    },
    { rereadMs: 0, log: settings.log },
  );
}

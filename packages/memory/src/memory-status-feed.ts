import {
  jobKeys,
  readTenantLists,
  tenantKeys,
  type StatusReader,
  type StoredSnapshot,
} from "@statusplane/core";
import { FeedHub, type StatusStoreSettings } from "@statusplane/core/status-store";
import type { MemoryChannels } from "./memory-channels.ts";

export interface MemoryFeedParts {
  readonly events: MemoryChannels<StoredSnapshot>;
  readonly hints: MemoryChannels<null>;
  readonly reader: StatusReader;
  readonly settings: StatusStoreSettings;
}

/** The feed over the writer's own channels: they lose nothing, so nothing is read again. */
export function memoryStatusFeed({ events, hints, reader, settings }: MemoryFeedParts): FeedHub {
  return new FeedHub(
    {
      listen: async (ref, hear) => events.listen(jobKeys(ref).events, hear),
      readMany: (refs) => reader.readMany(refs),
      listenLists: async (tenant, hear) => hints.listen(tenantKeys(tenant).lists, hear),
      readLists: (tenant) => readTenantLists(reader, tenant),
    },
    { rereadMs: 0, listEveryMs: settings.timings.listEveryMs, log: settings.log },
  );
}

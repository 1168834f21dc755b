import type { StatusStore, StoredSnapshot, ViewHint } from "@statusplane/core";
import { type StatusStoreOptions, statusStoreSettings } from "@statusplane/core/status-store";
import { MemoryChannels } from "./memory-channels.ts";
import { MemoryEntries } from "./memory-entries.ts";
import { MemoryInstallation } from "./memory-installation.ts";
import { memoryStatusFeed } from "./memory-status-feed.ts";
import { MemoryStatusReader } from "./memory-status-reader.ts";
import { MemoryStatusWriter } from "./memory-status-writer.ts";
import { MemoryTenantLists } from "./memory-tenant-lists.ts";
import { memoryViewFeed } from "./memory-view-feed.ts";
import { MemoryViews } from "./memory-views.ts";

export interface MemoryStatusStoreOptions extends StatusStoreOptions {
  /** The clock, ms. Default: `performance.now`, so that no jump of the machine's time ends a life early. */
  readonly now?: () => number;
  /** For tests: the clock of views, Unix ms. Default: `Date.now`. */
  readonly viewsNow?: () => number;
}

/**
 * Opens a status store in this process' memory.
 * @throws {TypeError} when `finishedTtlSeconds` is neither 0 nor at least 86,400.
 *
 * @example
 * const { writer, reader, feed, close } = openMemoryStatusStore();
 */
export function openMemoryStatusStore(options: MemoryStatusStoreOptions = {}): StatusStore {
  return memoryStatusStoreOver(
    new MemoryEntries(options.now ?? (() => performance.now())),
    options,
    options.viewsNow,
  );
}

/** The store over entries that the caller can look into; for tests. */
export function memoryStatusStoreOver(
  entries: MemoryEntries,
  options: StatusStoreOptions,
  viewsNow: () => number = () => Date.now(),
): StatusStore {
  const settings = statusStoreSettings(options);
  const { now } = entries;
  const hints = new MemoryChannels<null>(settings.log);
  const liveTtlMs = settings.timings.liveTtlSeconds * 1_000;
  const lists = new MemoryTenantLists({ liveTtlMs, now, hints });
  const events = new MemoryChannels<StoredSnapshot>(settings.log);
  const control = new MemoryChannels<number>(settings.log);
  const installation = new MemoryInstallation(settings, entries);
  const reader = new MemoryStatusReader({ entries, lists, installation });
  const feed = memoryStatusFeed({ events, hints, reader, settings });
  const reports = new MemoryChannels<ViewHint>(settings.log);
  const views = new MemoryViews(viewsNow, reports);
  const viewFeed = memoryViewFeed({ reports, views, settings });
  const close = async (): Promise<void> => {
    feed.close();
    viewFeed.close();
  };
  return {
    writer: new MemoryStatusWriter({ entries, lists, events, control, settings }),
    reader,
    feed,
    installation,
    views,
    viewFeed,
    close,
    [Symbol.asyncDispose]: close,
  };
}

import { parseRedisUrl, type StatusStore } from "@statusplane/core";
import { type StatusStoreOptions, statusStoreSettings } from "@statusplane/core/status-store";
import { readSlotRanges } from "./cluster-slots.ts";
import { RedisChannels } from "./redis-channels.ts";
import { loadIoredis } from "../connections/load-driver.ts";
import { whenReady } from "../connections/redis-connector.ts";
import { RedisConnections } from "./redis-connections.ts";
import { RedisInstallation } from "./redis-installation.ts";
import { RedisRequests } from "./redis-requests.ts";
import { withScripts } from "./redis-scripts.ts";
import { RedisViews } from "../views/redis-views.ts";
import { withViewScripts } from "../views/view-scripts.ts";
import { redisViewFeed } from "../views/redis-view-feed.ts";
import { redisStatusFeed } from "./redis-status-feed.ts";
import { RedisStatusReader } from "./redis-status-reader.ts";
import { RedisStatusWriter } from "./redis-status-writer.ts";
import { RedisTenantLists } from "./redis-tenant-lists.ts";

export interface RedisStatusStoreOptions extends StatusStoreOptions {
  /** `redis://`, `rediss://`, comma-separated nodes with `cluster`, or `redis-sentinel://h1,h2,h3/name`. */
  readonly url: string;
  /** Whether the URL names nodes of a Redis Cluster. Default false. */
  readonly cluster?: boolean;
  /** For tests: the clock of views, Unix ms. Default: Redis' own. */
  readonly viewsNow?: () => number;
}

/** Opening waits so long for a Redis that neither accepts nor refuses, in ms, and then goes on without it. */
const FIRST_CONNECTION_MS = 3_000;

/**
 * Opens a status store in Redis: a connection for reads, one for writes, and at the first subscription one for news.
 * A Redis that is down now is no error: calls answer {store_unavailable} until it is there.
 * @throws {Error} when ioredis is not installed; {TypeError} when the URL cannot be understood, or `finishedTtlSeconds` is neither 0 nor at least 86,400.
 *
 * @example
 * const store = await openRedisStatusStore({ url: "redis://127.0.0.1:6379" });
 * const snapshot = await store.reader.read(ref);
 * console.log(snapshot?.text); // the JSON that a browser parses
 */
export async function openRedisStatusStore(options: RedisStatusStoreOptions): Promise<StatusStore> {
  const settings = statusStoreSettings(options);
  const { cluster = false } = options;
  const address = parseRedisUrl(options.url, cluster);
  const connections = new RedisConnections(await loadIoredis(), address, settings.log);
  const readerClient = withViewScripts(withScripts(connections.client("request", "reader")));
  const writerClient = withViewScripts(withScripts(connections.client("requestOnce", "writer")));
  const reads = new RedisRequests(readerClient, settings);
  const writes = new RedisRequests(writerClient, settings);
  const channels = new RedisChannels({
    subscriber: (events) => connections.subscriber(events, () => reads.call(readSlotRanges)),
    settings,
  });

  const readLists = new RedisTenantLists({ requests: reads, cluster, settings });
  const writeLists = new RedisTenantLists({ requests: writes, cluster, settings });
  const reader = new RedisStatusReader({ requests: reads, lists: readLists, cluster, settings });
  const { viewsNow: now } = options;
  const views = new RedisViews({ reads, writes, cluster, settings, ...(now === undefined ? {} : { now }) });
  const feed = redisStatusFeed({ channels, reader, cluster, settings });
  const viewFeed = redisViewFeed({ channels, views, cluster, settings });
  const close = async (): Promise<void> => {
    feed.close();
    viewFeed.close();
    channels.close();
    reads.close();
    writes.close();
    connections.close();
  };
  await Promise.all([readerClient, writerClient].map((client) => whenReady(client, FIRST_CONNECTION_MS)));
  return {
    writer: new RedisStatusWriter({ requests: writes, lists: writeLists, channels, cluster, settings }),
    reader,
    feed,
    installation: new RedisInstallation({ requests: reads, channels, settings }),
    views,
    viewFeed,
    close,
    [Symbol.asyncDispose]: close,
  };
}

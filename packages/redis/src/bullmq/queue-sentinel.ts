import { encodeSentinel, OWN_KEYS, parseSentinel, type SentinelKeeper } from "@statusplane/core";
import { readScript } from "../connections/read-script.ts";
import type { QueueConnection } from "./queue-connections.ts";

const WRITE_SENTINEL = readScript("status-store/lua/write-sentinel.lua");

/** Makes one call with its deadline. @throws {queue_unavailable} */
export type CallQueue = <T>(call: (connection: QueueConnection) => Promise<T>) => Promise<T>;

/**
 * The reconciler's last tick, kept in the queue's Redis: its absence says that waiting deliveries were lost.
 * @param prefix of the queues' keys; in Cluster a hash tag.
 */
export function queueSentinel(prefix: string, callQueue: CallQueue): SentinelKeeper {
  const key = sentinelKey(prefix);
  return {
    async readSentinels() {
      return [parseSentinel(await callQueue((connection) => connection.get(key)))];
    },
    async writeSentinels(sentinel, [read = null]) {
      const texts = [read === null ? "" : encodeSentinel(read), encodeSentinel(sentinel)];
      return (await callQueue((connection) => connection.eval(WRITE_SENTINEL, 1, key, ...texts))) === 1;
    },
  };
}

/** All keys of a queue share one slot, and this one lies beside them: one sentinel sees their loss. */
function sentinelKey(prefix: string): string {
  return OWN_KEYS.sentinel(prefix.startsWith("{") ? prefix : "queue");
}

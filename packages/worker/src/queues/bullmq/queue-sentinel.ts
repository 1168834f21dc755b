import { OWN_KEYS, type Sentinel, type SentinelKeeper } from "@statusplane/core";
import type { QueueConnection } from "./queue-connections.ts";

/** All keys of a queue share one slot, and this one lies beside them: one sentinel sees their loss. */
const SENTINEL_KEY = OWN_KEYS.sentinel("queue");

/** Makes one call with its deadline. @throws {queue_unavailable} */
export type CallQueue = <T>(call: (connection: QueueConnection) => Promise<T>) => Promise<T>;

/** The reconciler's last tick, kept in the queue's Redis: its absence says that waiting deliveries were lost. */
export function queueSentinel(callQueue: CallQueue): SentinelKeeper {
  return {
    async readSentinels() {
      return [parseSentinel(await callQueue((connection) => connection.get(SENTINEL_KEY)))];
    },
    async writeSentinels({ tick, tickedAtMs }) {
      await callQueue((connection) => connection.set(SENTINEL_KEY, JSON.stringify({ tick, tickedAtMs })));
    },
  };
}

/** Null for anything that is not ours: it then counts as missing. */
function parseSentinel(text: string | null): Sentinel | null {
  if (text === null) return null;
  try {
    const value = JSON.parse(text) as Partial<Record<keyof Sentinel, unknown>> | null;
    const { tick, tickedAtMs } = value ?? {};
    return typeof tick === "number" && typeof tickedAtMs === "number" ? { tick, tickedAtMs } : null;
  } catch {
    return null; // not JSON: not ours
  }
}

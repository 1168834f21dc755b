import { Cluster, type Redis } from "ioredis";
import type { RedisClient } from "./redis-client.ts";

const SLOTS = 16_384;

/** The masters of a Cluster, or the one server. */
export function mastersOf(client: RedisClient): readonly Redis[] {
  return client instanceof Cluster ? client.nodes("master") : [client];
}

/** The slot of a key without a hash tag: CRC16 (XMODEM) modulo 16,384, as the Cluster specification says. */
export function slotOf(key: string): number {
  let crc = 0;
  for (let i = 0; i < key.length; i++) {
    crc ^= key.charCodeAt(i) << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc % SLOTS;
}

/** One range of CLUSTER SLOTS: from, to, [host, port, id], then its replicas. */
type SlotRange = readonly [
  from: number,
  to: number,
  master: readonly [string, number, string],
  ...replicas: unknown[],
];

/**
 * One hash tag per master, in the order of the masters' ids: the smallest number whose slot the master owns, so that
 * every process names the same ones.
 */
export function tagPerMaster(ranges: readonly SlotRange[]): readonly string[] {
  const owner = new Map<number, string>();
  for (const [from, to, [, , id]] of ranges) for (let slot = from; slot <= to; slot++) owner.set(slot, id);
  const missing = new Set(ranges.map(([, , [, , id]]) => id));
  const tags = new Map<string, string>();
  for (let number = 0; missing.size > 0 && number < SLOTS * 4; number++) {
    const id = owner.get(slotOf(String(number)));
    if (id !== undefined && missing.delete(id)) tags.set(id, `{${number}}`);
  }
  return [...tags].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tag]) => tag);
}

/** Asks a Cluster for its slots. */
export async function readSlotRanges(client: Cluster): Promise<readonly SlotRange[]> {
  const answer: unknown = await client.cluster("SLOTS");
  if (!Array.isArray(answer)) throw new TypeError("CLUSTER SLOTS gave no list");
  return answer as SlotRange[];
}

import type { Redis } from "ioredis";
import { isCluster, type RedisClient } from "../connections/redis-connector.ts";

const SLOTS = 16_384;

/** The masters of a Cluster, or the one server. */
export function mastersOf(client: RedisClient): readonly Redis[] {
  return isCluster(client) ? client.nodes("master") : [client];
}

/** CRC16 (XMODEM) of each byte. */
const CRC16 = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  return crc;
});

/** The slot of a key or channel: CRC16 of its hash tag modulo 16,384, as the Cluster specification says. Ours are ASCII. */
export function slotOf(name: string): number {
  const open = name.indexOf("{");
  const close = open === -1 ? -1 : name.indexOf("}", open + 1);
  const [from, to] = close > open + 1 ? [open + 1, close] : [0, name.length];
  let crc = 0;
  for (let i = from; i < to; i++) {
    crc = ((crc << 8) & 0xffff) ^ (CRC16[((crc >> 8) ^ name.charCodeAt(i)) & 0xff] ?? 0);
  }
  return crc % SLOTS;
}

/** One range of CLUSTER SLOTS: from, to, [host, port, id], then its replicas. */
export type SlotRange = readonly [
  from: number,
  to: number,
  master: readonly [string, number, string],
  ...replicas: unknown[],
];

/** The master of each slot, as `host:port`. */
export function slotOwners(ranges: readonly SlotRange[]): (string | undefined)[] {
  const owners = new Array<string | undefined>(SLOTS).fill(undefined);
  for (const [from, to, [host, port]] of ranges) owners.fill(`${host}:${port}`, from, to + 1);
  return owners;
}

/** Asks a Cluster for its slots. */
export async function readSlotRanges(client: RedisClient): Promise<readonly SlotRange[]> {
  const answer: unknown = await client.cluster("SLOTS");
  if (!Array.isArray(answer)) throw new TypeError("CLUSTER SLOTS gave no list");
  return answer as SlotRange[];
}

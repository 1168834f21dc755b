import { parseHead, type Status } from "@statusplane/core";
import { Cluster, Redis } from "ioredis";

/** How long a job's key lives. */
export interface KeyLife {
  readonly key: string;
  readonly status: Status;
  /** −1: for ever. */
  readonly ttlMs: number;
}

/** Text and TTL of a key in one atomic step: read apart they may be of two different writes. */
const READ = `return { redis.call('GETRANGE', KEYS[1], 0, 80), redis.call('PTTL', KEYS[1]) }`;
const AT_ONCE = 200;

/** Reads the life of every snapshot in the store, master by master. */
export async function readKeyLives(masters: readonly Redis[]): Promise<readonly KeyLife[]> {
  const lives: KeyLife[] = [];
  for (const master of masters) {
    const keys = await allKeys(master);
    for (let from = 0; from < keys.length; from += AT_ONCE) {
      const page = keys.slice(from, from + AT_ONCE);
      const read = await Promise.all(
        page.map((key) => master.eval(READ, 1, key) as Promise<[string, number]>),
      );
      for (const [index, [text, ttlMs]] of read.entries()) {
        const head = parseHead(text);
        if (head !== null) lives.push({ key: page[index] ?? "", status: head.status, ttlMs });
      }
    }
  }
  return lives;
}

/** The masters behind an address. */
export function mastersOf(client: Redis | Cluster): readonly Redis[] {
  return client instanceof Cluster ? client.nodes("master") : [client];
}

async function allKeys(master: Redis): Promise<string[]> {
  const keys = new Set<string>(); // SCAN may tell a key twice
  for (let cursor = "0"; ;) {
    const [next, found] = await master.scan(cursor, "MATCH", "tenant:*:status", "COUNT", 1_000);
    for (const key of found) keys.add(key);
    cursor = next;
    if (cursor === "0") return [...keys];
  }
}

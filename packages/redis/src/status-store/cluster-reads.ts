import type { Cluster, Redis } from "ioredis";
import { slotOf } from "./cluster-slots.ts";

/** A node that is being connected holds its pipeline until it is. */
const GONE = new Set(["close", "end", "disconnecting"]);

/**
 * Reads keys of any slots, each for itself: those of one master go out as one pipeline on its connection. What it
 * answers with a redirection, or not at all, is asked for once more through the client, which follows and learns from
 * it. (The client's own pipelines do neither where only some of their keys have moved.)
 */
export function getFromCluster(client: Cluster, keys: readonly string[]): readonly Promise<string | null>[] {
  const nodes = new Map(client.nodes("master").map((node) => [addressOf(node), node]));
  const batches = new Map<Redis, Batch>();
  return keys.map((key) => {
    const [owner = ""] = client.slots[slotOf(key)] ?? [];
    const node = nodes.get(owner);
    if (node === undefined || GONE.has(node.status)) return client.get(key);
    const batch = batches.get(node) ?? new Batch(node);
    batches.set(node, batch);
    return batch.get(key).catch(() => client.get(key));
  });
}

function addressOf({ options: { host, port } }: Redis): string {
  return `${host}:${port}`;
}

/** The keys that one turn asks of one node. */
class Batch {
  readonly #keys: string[] = [];
  readonly #replies: Promise<readonly (readonly [Error | null, unknown])[]>;

  constructor(node: Redis) {
    this.#replies = Promise.resolve().then(async () => {
      const pipeline = node.pipeline();
      for (const key of this.#keys) pipeline.get(key);
      return (await pipeline.exec()) ?? [];
    });
  }

  async get(key: string): Promise<string | null> {
    const place = this.#keys.push(key) - 1;
    const [error, value] = (await this.#replies)[place] ?? [new Error("no reply"), null];
    if (error !== null) throw error;
    return value as string | null; // what GET answers
  }
}

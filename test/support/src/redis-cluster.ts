import { Redis } from "ioredis";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { askNode, type ClusterView, viewOf } from "./redis-cluster-view.ts";
import { startRedis, type RedisServer } from "./redis.ts";

const SLOTS = 16_384;
/** Keys of one MIGRATE, and how long it may take in ms. */
const KEYS_PER_MIGRATE = 100;
const MIGRATE_TIMEOUT_MS = 5_000;
const FAILOVER_TIMEOUT_MS = 5_500;
/** A killed node that came back has to learn its new part first, and a replica to copy its master. */
const SETTLE_WITHIN_MS = 30_000;

export interface RedisClusterOptions {
  /** Default 3. */
  readonly masters?: number;
  /** Default 0: nothing is promoted when a master dies. */
  readonly replicasPerMaster?: 0 | 1;
  /** After so long, in ms, a silent node counts as failed; default 2,000. A replica then needs about as long again. */
  readonly nodeTimeoutMs?: number;
  /** Further options of every node. */
  readonly args?: readonly string[];
}

/** A real Redis Cluster. Each node can be killed, paused and started by itself. */
export interface RedisCluster {
  /** All nodes, comma-separated. */
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  node(port: number): RedisServer;
  /** Those that are masters now, by their own word; a node that does not answer is none. */
  masters(): Promise<readonly RedisServer[]>;
  /** The master of a key now; waits for one that answers. */
  ownerOf(key: string): Promise<RedisServer>;
  /** The replicas of a master now. */
  replicasOf(port: number): Promise<readonly RedisServer[]>;
  /** Resolves when every node answers, sees a whole cluster, and every replica follows its master. */
  settled(): Promise<void>;
  /** Makes a replica the master of its master's slots, in agreement with it; resolves when it is. */
  failover(replicaPort: number): Promise<void>;
  /**
   * Moves slots with what they hold from the master with the most slots to the one with the fewest, while clients go on.
   * @returns the slots that were moved; those with the most keys come first.
   */
  reshard(count: number): Promise<readonly number[]>;
  /** Moves one slot with what it holds to another master. */
  moveSlot(slot: number, toPort: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Redis Cluster and waits until it is whole. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { masters = 3, replicasPerMaster = 0, nodeTimeoutMs = 2_000, args = [] } = options;
  const nodes = await Promise.all(
    Array.from({ length: masters * (1 + replicasPerMaster) }, async () => {
      const own = ["--cluster-enabled", "yes", "--cluster-port", String(await freePort())];
      const timing = ["--cluster-node-timeout", String(nodeTimeoutMs), "--repl-diskless-sync-delay", "0"];
      return startRedis([...own, ...timing, ...args]);
    }),
  );
  const cluster = new LocalCluster(nodes, masters);
  try {
    await cluster.form();
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

class LocalCluster implements RedisCluster {
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  readonly #masterCount: number;

  constructor(nodes: readonly RedisServer[], masterCount: number) {
    this.nodes = nodes;
    this.url = nodes.map(({ url }) => url).join(",");
    this.#masterCount = masterCount;
  }

  /** Makes one cluster of nodes that know nothing yet: the first ones are masters, the others their replicas. */
  async form(): Promise<void> {
    const [first] = this.nodes;
    for (const [i, { port }] of this.nodes.slice(0, this.#masterCount).entries()) {
      const [from, to] = [i, i + 1].map((n) => Math.floor((n * SLOTS) / this.#masterCount)) as [
        number,
        number,
      ];
      await askNode(port, (node) => node.call("CLUSTER", "ADDSLOTSRANGE", from, to - 1));
    }
    const own = await Promise.all(this.nodes.map(({ port }) => viewOf(port)));
    await askNode(first?.port ?? 0, async (node) => {
      for (const { port, busPort } of own) await node.call("CLUSTER", "MEET", "127.0.0.1", port, busPort);
    });
    await eventually("every node knows all others", async () => {
      const views = await this.#views();
      return views.length === this.nodes.length && views.every(({ known }) => known === this.nodes.length);
    });
    for (const [i, { port }] of this.nodes.slice(this.#masterCount).entries()) {
      const master = own[i % this.#masterCount];
      await askNode(port, (node) => node.call("CLUSTER", "REPLICATE", master?.id ?? ""));
    }
    await this.settled();
  }

  node(port: number): RedisServer {
    const found = this.nodes.find((node) => node.port === port);
    if (found === undefined) throw new Error(`no node of this cluster listens on ${port}`);
    return found;
  }

  async masters(): Promise<readonly RedisServer[]> {
    return (await this.#masterViews()).map(({ port }) => this.node(port));
  }

  async ownerOf(key: string): Promise<RedisServer> {
    const owner = await eventually(`${key} has a master that answers`, async () => {
      const [view] = await this.#masterViews();
      const slot = await askNode(view?.port ?? 0, (node) => node.cluster("KEYSLOT", key));
      return this.#ownerOfSlot(slot);
    });
    return this.node(owner.port);
  }

  async replicasOf(port: number): Promise<readonly RedisServer[]> {
    const { id } = await viewOf(port);
    return (await this.#views())
      .filter(({ masterId }) => masterId === id)
      .map((view) => this.node(view.port));
  }

  async settled(): Promise<void> {
    const isWhole = async (): Promise<boolean> => {
      const views = await this.#views();
      const masters = views.filter(({ slots }) => slots.size > 0);
      return (
        views.length === this.nodes.length &&
        masters.length === this.#masterCount &&
        views.every(
          ({ isOk, isLinked, knownMasters, slots, masterId }) =>
            isOk && isLinked && knownMasters === this.#masterCount && slots.size > 0 === (masterId === null),
        )
      );
    };
    await eventually("the cluster is whole", isWhole, SETTLE_WITHIN_MS);
  }

  /**
   * Redis gives up after 5 s, for one when the masters have voted a moment ago: then it is asked again. One that was a
   * master 2 s ago counts the votes of that time once more (seen in 7.0): with their epoch it is no master to anybody
   * else, and what it accepts until it notices is lost. So its own word is not enough.
   */
  async failover(replicaPort: number): Promise<void> {
    let askedAtMs = -Infinity;
    const isMaster = async (): Promise<boolean> => {
      if ((await this.#masterViews()).some(({ port }) => port === replicaPort)) return true;
      const { masterId } = await viewOf(replicaPort);
      if (masterId !== null && performance.now() - askedAtMs > FAILOVER_TIMEOUT_MS) {
        askedAtMs = performance.now();
        await askNode(replicaPort, (node) => node.cluster("FAILOVER"));
      }
      return false;
    };
    await eventually("the replica is the master", isMaster, SETTLE_WITHIN_MS);
  }

  async reshard(count: number): Promise<readonly number[]> {
    const masters = [...(await this.#masterViews())].sort((a, b) => b.slots.size - a.slots.size);
    const [from, to] = [masters[0], masters.at(-1)];
    if (from === undefined || to === undefined || from === to) throw new Error("there are no two masters");
    const slots = (await slotsByKeys(from)).slice(0, count);
    for (const slot of slots) await moveSlot({ slot, from, to, all: masters });
    return slots;
  }

  async moveSlot(slot: number, toPort: number): Promise<void> {
    const [from, all] = [await this.#ownerOfSlot(slot), await this.#masterViews()];
    const to = all.find(({ port }) => port === toPort);
    if (to === undefined) throw new Error(`the node on port ${toPort} is no master`);
    if (from.port !== toPort) await moveSlot({ slot, from, to, all });
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  /** What each node that answers says of itself. */
  async #views(): Promise<readonly ClusterView[]> {
    const views = await Promise.all(this.nodes.map(({ port }) => viewOf(port).catch(() => null))); // does not answer
    return views.filter((view) => view !== null);
  }

  /** Of two that claim the same slots the one with the higher epoch is right: the other one does not know yet. */
  async #masterViews(): Promise<readonly ClusterView[]> {
    const claimed = new Set<number>();
    const byEpoch = [...(await this.#views())].sort((a, b) => b.epoch - a.epoch);
    return byEpoch.filter(({ slots }) => {
      const isRight = slots.size > 0 && ![...slots].some((slot) => claimed.has(slot));
      if (isRight) for (const slot of slots) claimed.add(slot);
      return isRight;
    });
  }

  async #ownerOfSlot(slot: number): Promise<ClusterView> {
    const owner = (await this.#masterViews()).find(({ slots }) => slots.has(slot));
    if (owner === undefined) throw new Error(`slot ${slot} has no master that answers`);
    return owner;
  }
}

interface SlotMove {
  readonly slot: number;
  readonly from: ClusterView;
  readonly to: ClusterView;
  /** All masters. */
  readonly all: readonly ClusterView[];
}

/** As redis-cli does it: the new owner is told first, so that no moment is without one. */
async function moveSlot({ slot, from, to, all }: SlotMove): Promise<void> {
  await askNode(to.port, (node) => node.cluster("SETSLOT", slot, "IMPORTING", from.id));
  await askNode(from.port, async (node) => {
    await node.cluster("SETSLOT", slot, "MIGRATING", to.id);
    await migrateKeys(node, slot, to.port);
  });
  const others = all.filter(({ id }) => id !== from.id && id !== to.id);
  for (const { port } of [to, from, ...others]) {
    await askNode(port, (node) => node.cluster("SETSLOT", slot, "NODE", to.id));
  }
}

async function slotsByKeys({ port, slots }: ClusterView): Promise<number[]> {
  const counted = await askNode(port, (node) =>
    Promise.all(
      [...slots].map(async (slot) => ({ slot, keys: await node.cluster("COUNTKEYSINSLOT", slot) })),
    ),
  );
  return counted.sort((a, b) => b.keys - a.keys).map(({ slot }) => slot);
}

async function migrateKeys(node: Redis, slot: number, toPort: number): Promise<void> {
  for (;;) {
    const keys = await node.cluster("GETKEYSINSLOT", slot, KEYS_PER_MIGRATE);
    if (keys.length === 0) return;
    await node.call("MIGRATE", "127.0.0.1", toPort, "", 0, MIGRATE_TIMEOUT_MS, "KEYS", ...keys);
  }
}

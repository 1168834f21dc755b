import { Redis } from "ioredis";

/** A node that says nothing for so long, in ms, does not answer. */
const ANSWER_WITHIN_MS = 2_000;

/** What a node of a Redis Cluster says of itself and of the others. */
export interface ClusterView {
  readonly id: string;
  readonly port: number;
  readonly busPort: number;
  readonly epoch: number;
  /** The slots it serves; a replica serves none. */
  readonly slots: ReadonlySet<number>;
  /** Null: it is a master. */
  readonly masterId: string | null;
  /** A master, or a replica that follows its master. */
  readonly isLinked: boolean;
  /** `cluster_state:ok`. */
  readonly isOk: boolean;
  /** Nodes it is connected with, itself included. */
  readonly known: number;
  /** Masters with slots it knows, failed ones left out. */
  readonly knownMasters: number;
}

/** Asks one node. @throws {Error} when it does not answer. */
export async function viewOf(port: number): Promise<ClusterView> {
  const [lines, state, replication] = await askNode(port, (node) =>
    Promise.all([node.cluster("NODES"), node.cluster("INFO"), node.info("replication")]),
  );
  const nodes = String(lines).trim().split("\n").map(parseNode);
  const own = nodes.find(({ flags }) => flags.includes("myself"));
  if (own === undefined) throw new Error(`the node on port ${port} does not know itself`);
  return {
    id: own.id,
    port,
    busPort: own.busPort,
    epoch: own.epoch,
    slots: own.slots,
    masterId: own.masterId,
    isLinked: own.masterId === null || /^master_link_status:up/m.test(replication),
    isOk: /^cluster_state:ok/m.test(state),
    known: nodes.filter(({ isConnected, flags }) => isConnected && !flags.includes("handshake")).length,
    knownMasters: nodes.filter(({ slots, flags }) => slots.size > 0 && !flags.includes("fail")).length,
  };
}

/** One piece of work on a connection of its own that gives up soon. */
export async function askNode<T>(port: number, ask: (node: Redis) => Promise<T>): Promise<T> {
  const node = new Redis(port, "127.0.0.1", {
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    connectTimeout: ANSWER_WITHIN_MS,
    socketTimeout: ANSWER_WITHIN_MS,
  });
  node.on("error", () => undefined); // the call reports it
  try {
    return await ask(node);
  } finally {
    node.disconnect();
  }
}

type NodeLine = Pick<ClusterView, "id" | "busPort" | "epoch" | "slots" | "masterId"> & {
  readonly flags: readonly string[];
  readonly isConnected: boolean;
};

/** `id ip:port@bus[,name] flags master ping-sent pong-recv epoch link-state slot from-to [slot->-id] …` */
function parseNode(line: string): NodeLine {
  const [id = "", address = "", flags = "", master = "-", , , epoch = "0", link = "", ...slots] =
    line.split(" ");
  return {
    id,
    busPort: Number(/@(\d+)/.exec(address)?.[1]),
    flags: flags.split(","),
    masterId: master === "-" ? null : master,
    epoch: Number(epoch),
    isConnected: link === "connected",
    slots: new Set(slots.flatMap(slotsOf)),
  };
}

function slotsOf(range: string): number[] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(range); // one in brackets is on its way
  if (match === null) return [];
  const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

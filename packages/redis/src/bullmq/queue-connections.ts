import type { Cluster, Redis } from "ioredis";
import { blockShortly, giveUpWhenSilent } from "../connections/give-up-silent.ts";
import { isCluster, keepFromReconnecting, type RedisConnector } from "../connections/redis-connector.ts";

export type QueueConnection = Redis | Cluster;

export interface QueueConnectionOptions {
  readonly connector: RedisConnector;
  readonly onError: (error: unknown) => void;
}

/**
 * A delivery that was taken, but whose answer came no more, is brought again only after its lock's 30 s: an answer that is
 * merely late is waited for.
 */
const TAKEN_PATIENCE_MS = 5_000;

/** For calls that somebody waits for: they fail at once without a connection, and after the deadline with one. */
export function requestConnection(
  { connector, onError }: QueueConnectionOptions,
  deadlineMs: number,
): QueueConnection {
  const connection = connector.connect("request", { name: "queue", commandTimeoutMs: deadlineMs, onError });
  giveUpWhenAnySilent(connection, 0); // a delivery that is enqueued again is the same
  return connection;
}

/** What a consumer has: the connection it was given and the copy of it that BullMQ makes to block on. */
export interface ConsumerConnections {
  readonly connection: QueueConnection;
  /**
   * Ends those that are looking for a server that is away; the others stay for an orderly close. Without this
   * BullMQ's close would wait for the server's return.
   */
  giveUpAway(): Promise<void>;
  /** Ends all of them. */
  disconnect(): void;
}

/**
 * For consumers: BullMQ blocks on them. A connection that has fallen silent is given up, which TCP alone would notice
 * after a quarter of an hour.
 */
export function consumerConnections({ connector, onError }: QueueConnectionOptions): ConsumerConnections {
  const connection = connector.connect("blocking", { name: "consumer", onError });
  giveUpWhenAnySilent(connection, TAKEN_PATIENCE_MS);
  const all = [connection];
  const duplicate = connection.duplicate.bind(connection) as (...args: unknown[]) => QueueConnection;
  Object.assign(connection, {
    duplicate(...args: unknown[]): QueueConnection {
      const copy = duplicate(...args);
      copy.on("error", onError);
      if (!isCluster(copy)) blockShortly(copy);
      giveUpWhenAnySilent(copy, TAKEN_PATIENCE_MS);
      all.push(copy);
      return copy;
    },
  });
  return {
    connection,
    async giveUpAway() {
      keepFromReconnecting(connection); // and with it its copies, which look by the same rule
      await Promise.all(all.filter(({ status }) => status !== "ready" && status !== "end").map(end));
    },
    disconnect() {
      for (const one of all) one.disconnect();
    },
  };
}

/** Resolves when the connection has given up, at its next attempt, or has found its server after all. */
async function end(connection: QueueConnection): Promise<void> {
  await new Promise<void>((resolve) => {
    connection.once("end", resolve);
    connection.once("ready", resolve);
  });
}

/** A Cluster's are those to its nodes. */
function giveUpWhenAnySilent(connection: QueueConnection, patienceMs: number): void {
  if (isCluster(connection)) connection.on("+node", (node: Redis) => giveUpWhenSilent(node, { patienceMs }));
  else giveUpWhenSilent(connection, { patienceMs });
}

import type { Redis } from "ioredis";

export interface ShardConnectionEvents {
  readonly hear: (channel: string, message: string) => void;
  /** The master will tell us what is published there from now on. */
  readonly subscribed: (channel: string) => void;
  /** Nothing that was asked for is unanswered, and the node is a master. */
  readonly settled: () => void;
  /** Another node (`host:port`) owns the channel's slot. */
  readonly moved: (channel: string, owner: string) => void;
  /** The node cannot serve the channel now. */
  readonly refused: (channel: string, cause: unknown) => void;
  /** The connection is gone, or none could be made, and with it these. */
  readonly lost: (channels: readonly string[]) => void;
}

export interface ShardConnectionOptions extends ShardConnectionEvents {
  /** A client that is not connected yet and, once lost, does not connect again. */
  readonly client: Redis;
}

/** While a node gives slots away, what it still serves is asked for again no more often than this, in ms. */
const ASK_AGAIN_MS = 200;

/**
 * One master's connection for sharded Pub/Sub, used for one connection's life.
 *
 * ```
 * connecting ──▶ ready ──▶ lost
 *     └───────────────────▶ ▲      channels asked for while connecting are asked for when it is ready
 * ```
 *
 * A replica takes subscriptions too, and a master that has just become one is asked before anybody else. It hears what
 * is published only once its new master knows of it: so the node is asked for its role, and a replica left.
 */
export class ShardConnection {
  readonly #options: ShardConnectionOptions;
  /** By channel: which of our questions must be answered. */
  readonly #asked = new Map<string, number>();
  readonly #subscribed = new Set<string>();
  #questions = 0;
  #movedSignals = 0;
  #askingAgain: NodeJS.Timeout | undefined;
  #askingRole = false;
  #state: "connecting" | "ready" | "lost" = "connecting";

  constructor(options: ShardConnectionOptions) {
    this.#options = options;
    const { client, hear } = options;
    client.on("smessage", hear);
    client.on("moved", () => this.#noteMove());
    client.on("end", () => this.close());
    // also where it lost count of the answers: a MOVED to our SUNSUBSCRIBE, after the node gave that channel away
    client.on("error", () => this.close());
    client.connect().then(
      () => this.#becomeReady(),
      () => this.close(),
    );
  }

  get isReady(): boolean {
    return this.#state === "ready";
  }

  get isIdle(): boolean {
    return this.#asked.size === 0 && this.#subscribed.size === 0;
  }

  add(channel: string): void {
    const question = ++this.#questions;
    this.#asked.set(channel, question);
    if (this.#state === "ready") void this.#ask(channel, question);
  }

  remove(channel: string): void {
    const wasHere = this.#asked.delete(channel) || this.#subscribed.delete(channel);
    // a connection that breaks now ends the subscription as well
    if (wasHere && this.#state === "ready") this.#options.client.sunsubscribe(channel).catch(() => undefined);
  }

  /** A master that owes an answer for too long ends the connection by the client's own rule. */
  probe(): void {
    if (this.#state === "ready") this.#options.client.ping().catch(() => undefined); // its end is heard
  }

  close(): void {
    if (this.#state === "lost") return;
    this.#state = "lost";
    clearTimeout(this.#askingAgain);
    this.#options.client.disconnect();
    this.#options.lost([...this.#asked.keys(), ...this.#subscribed]);
  }

  #becomeReady(): void {
    if (this.#state !== "connecting") return;
    this.#state = "ready";
    for (const [channel, question] of this.#asked) void this.#ask(channel, question);
  }

  /**
   * The client says `moved` when a question is answered with MOVED, and when the node gives a slot away on which we
   * listen; of the latter it does not say which. Then all are asked for again: the node names the new owner.
   */
  #noteMove(): void {
    this.#movedSignals++;
    setImmediate(() => {
      if (this.#movedSignals === 0 || this.#state !== "ready") return; // answers to questions, all of them
      this.#movedSignals = 0;
      this.#askingAgain ??= setTimeout(() => this.#askAgain(), ASK_AGAIN_MS);
    });
  }

  #askAgain(): void {
    this.#askingAgain = undefined;
    const channels = [...this.#subscribed];
    this.#subscribed.clear();
    for (const channel of channels) this.add(channel);
  }

  async #ask(channel: string, question: number): Promise<void> {
    const { client, subscribed, moved, refused } = this.#options;
    try {
      await client.ssubscribe(channel);
      if (this.#isAnswered(channel, question)) {
        this.#subscribed.add(channel);
        subscribed(channel);
      }
    } catch (error) {
      const owner = /^MOVED \d+ (\S+)$/.exec(error instanceof Error ? error.message : "")?.[1];
      if (owner !== undefined) this.#movedSignals--;
      if (this.#isAnswered(channel, question)) {
        if (owner === undefined) refused(channel, error);
        else moved(channel, owner);
      }
    }
    if (this.#asked.size === 0) void this.#settle();
  }

  async #settle(): Promise<void> {
    if (this.#askingRole || this.#state !== "ready") return;
    const questions = this.#questions;
    this.#askingRole = true;
    const isMaster = await isMasterNode(this.#options.client).catch(() => false); // no answer: left as well
    this.#askingRole = false;
    if (!isMaster) return this.close();
    if (this.#asked.size > 0) return; // settles later
    if (questions === this.#questions) this.#options.settled();
    else void this.#settle(); // the answer is older than a subscription
  }

  /** False where the connection's end has told of it already, or it is not wanted any more. */
  #isAnswered(channel: string, question: number): boolean {
    if (this.#state !== "ready" || this.#asked.get(channel) !== question) return false;
    return this.#asked.delete(channel);
  }
}

/** HELLO tells the role like ROLE does, and needs no right beyond that to connect. */
async function isMasterNode(client: Redis): Promise<boolean> {
  const answer: unknown = await client.call("HELLO"); // name, value, name, value, …
  return Array.isArray(answer) && answer[answer.indexOf("role") + 1] === "master";
}

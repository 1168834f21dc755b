import { faultFields } from "@statusplane/core";
import type { StatusStoreLog } from "@statusplane/core/status-store";
import type { Redis } from "ioredis";
import { slotOf, slotOwners, type SlotRange } from "./cluster-slots.ts";
import { reconnectDelayMs } from "../connections/redis-connector.ts";
import { ShardConnection } from "./shard-connection.ts";
import type { Subscriber, SubscriberEvents } from "./subscriber.ts";

/** An old master that was cut off from the others still answers: who owns what is asked for again this often, in ms. */
const LOOK_EVERY_MS = 5_000;

export interface ClusterSubscriberOptions extends SubscriberEvents {
  /** A client for one node (`host:port`), neither connected nor connecting again by itself. */
  readonly connect: (node: string) => Redis;
  readonly readSlots: () => Promise<readonly SlotRange[]>;
  readonly log: StatusStoreLog;
}

interface Channel {
  readonly slot: number;
  node: string | null;
  wasHeard: boolean;
  readonly heard: () => void;
}

/**
 * All subscriptions over one connection per master, sharded Pub/Sub. A channel's way:
 *
 * ```
 *              ┌──────────── MOVED: at the node that it names ───────────┐
 *              ▼                                                          │
 * homeless ──▶ asked for at its slot's master ──▶ subscribed ──▶ its node gives the slot away
 *    ▲            │ refused                          │
 *    └────────────┴───── connection lost, or another master owns the slot: a new look at the slots, a little later
 * ```
 */
export class ClusterSubscriber implements Subscriber {
  readonly #options: ClusterSubscriberOptions;
  readonly #channels = new Map<string, Channel>();
  readonly #connections = new Map<string, ShardConnection>();
  /** `host:port` by slot. */
  #owners: (string | undefined)[] = [];
  #lookedAtMs = 0;
  /** Looks in a row that failed or found something homeless. */
  #looks = 0;
  #nextLook: NodeJS.Timeout | undefined;
  #missedSome = false;
  #closed = false;

  constructor(options: ClusterSubscriberOptions) {
    this.#options = options;
  }

  /** Which master a channel is on decides that: nobody is promised more. */
  readonly isConnected = false;

  subscribe(channels: readonly string[]): readonly Promise<void>[] {
    return channels.map((name) => new Promise<void>((heard) => this.#want(name, heard)));
  }

  unsubscribe(name: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    this.#channels.delete(name);
    this.#connectionOf(channel)?.remove(name);
  }

  probe(): void {
    if (this.#channels.size === 0) return;
    for (const connection of this.#connections.values()) connection.probe();
    if (performance.now() - this.#lookedAtMs > LOOK_EVERY_MS) this.#lookIn(0);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#nextLook);
    this.#channels.clear();
    for (const connection of [...this.#connections.values()]) connection.close();
  }

  #want(name: string, heard: () => void): void {
    const channel: Channel = { slot: slotOf(name), node: null, wasHeard: false, heard };
    this.#channels.set(name, channel);
    this.#place(name, channel);
  }

  #place(name: string, channel: Channel): void {
    const owner = this.#owners[channel.slot];
    if (owner === undefined) return this.#lookSoon();
    channel.node = owner;
    this.#connect(owner).add(name);
  }

  #connectionOf({ node }: Channel): ShardConnection | undefined {
    return node === null ? undefined : this.#connections.get(node);
  }

  #connect(node: string): ShardConnection {
    const connected = this.#connections.get(node);
    if (connected !== undefined) return connected;
    const { connect, hear, log } = this.#options;
    const connection = new ShardConnection({
      client: connect(node),
      hear,
      subscribed: (name) => this.#subscribed(name),
      settled: () => this.#tellResubscribed(),
      moved: (name, owner) => this.#moved(name, owner),
      refused: (name, cause) => this.#refused(name, cause),
      lost: (names) => {
        this.#connections.delete(node);
        if (names.length > 0 && this.#looks === 0) log.warn({ node }, "a subscriber's connection is lost");
        for (const name of names) this.#makeHomeless(name, node);
      },
    });
    this.#connections.set(node, connection);
    return connection;
  }

  #subscribed(name: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    if (channel.wasHeard) this.#missedSome = true;
    channel.wasHeard = true;
    channel.heard();
  }

  #tellResubscribed(): void {
    if (!this.#missedSome) return;
    this.#missedSome = false;
    this.#options.log.info({}, "lost subscriptions are made again");
    this.#options.resubscribed();
  }

  #moved(name: string, owner: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    this.#owners[channel.slot] = owner;
    this.#place(name, channel);
  }

  #refused(name: string, cause: unknown): void {
    this.#options.log.warn(
      { ...faultFields(cause), channel: name },
      "a subscription was refused; it is asked for again",
    );
    this.#makeHomeless(name, this.#channels.get(name)?.node ?? null);
  }

  #makeHomeless(name: string, node: string | null): void {
    const channel = this.#channels.get(name);
    if (channel === undefined || channel.node !== node) return;
    channel.node = null;
    this.#lookSoon();
  }

  #lookSoon(): void {
    if (this.#nextLook === undefined) this.#lookIn(this.#looks === 0 ? 0 : reconnectDelayMs(this.#looks));
  }

  #lookIn(ms: number): void {
    if (this.#closed) return;
    clearTimeout(this.#nextLook);
    this.#nextLook = setTimeout(() => void this.#look(), ms);
    this.#nextLook.unref();
  }

  /** Asks who owns what, and puts every channel where it belongs. */
  async #look(): Promise<void> {
    this.#lookedAtMs = performance.now();
    const ranges = await this.#options.readSlots().catch(() => null); // the store does not answer: looked at again
    this.#nextLook = undefined;
    if (this.#closed) return;
    this.#looks++;
    if (ranges === null) return this.#lookSoon();
    this.#owners = slotOwners(ranges);
    const astray = [...this.#channels].filter(
      ([, { node, slot }]) => node === null || node !== this.#owners[slot],
    );
    if (astray.length === 0) this.#looks = 0;
    for (const [name, channel] of astray) {
      this.#connectionOf(channel)?.remove(name);
      channel.node = null;
      this.#place(name, channel);
    }
    for (const connection of [...this.#connections.values()]) if (connection.isIdle) connection.close();
  }
}

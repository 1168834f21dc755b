import { faultFields } from "@statusplane/core";
import type { StatusStoreLog } from "@statusplane/core/status-store";
import type { Redis } from "ioredis";
import { closeClient, whenReady } from "../connections/redis-connector.ts";
import { CONNECT_AND_SUBSCRIBE_MS, type Subscriber, type SubscriberEvents } from "./subscriber.ts";

/** Channels named by one command. */
const CHANNELS_PER_COMMAND = 500;

export interface SingleSubscriberOptions extends SubscriberEvents {
  /** A client that connects again by itself and leaves subscribing again to us. */
  readonly client: Redis;
  readonly log: StatusStoreLog;
}

/** All subscriptions over one connection to a single server, or to the master that sentinels name. */
export class SingleSubscriber implements Subscriber {
  readonly #options: SingleSubscriberOptions;
  readonly #channels = new Set<string>();
  /** Left in this turn of the event loop: one command for all, when thousands go at once. */
  readonly #left = new Set<string>();
  #closed = false;

  constructor(options: SingleSubscriberOptions) {
    this.#options = options;
    options.client.on("message", options.hear);
    options.client.on("ready", () => void this.#resubscribe());
  }

  get isConnected(): boolean {
    return this.#options.client.status === "ready";
  }

  /** All or none; fails at once where a first look finds no server. */
  subscribe(channels: readonly string[]): readonly Promise<void>[] {
    for (const channel of channels) {
      this.#channels.add(channel);
      this.#left.delete(channel);
    }
    const subscribed = whenReady(this.#options.client, CONNECT_AND_SUBSCRIBE_MS).then(() =>
      this.#send(channels),
    );
    return channels.map(() => subscribed);
  }

  unsubscribe(channel: string): void {
    if (!this.#channels.delete(channel)) return;
    if (this.#left.size === 0) setImmediate(() => this.#leave());
    this.#left.add(channel);
  }

  probe(): void {
    if (this.isConnected) this.#options.client.ping().catch(() => undefined); // the connection's end is logged
  }

  close(): void {
    this.#closed = true;
    this.#channels.clear();
    this.#left.clear();
    closeClient(this.#options.client);
  }

  async #send(channels: readonly string[]): Promise<void> {
    await Promise.all(inParts(channels).map((part) => this.#options.client.subscribe(...part)));
  }

  #leave(): void {
    const channels = [...this.#left];
    this.#left.clear();
    if (!this.isConnected) return; // there is nothing to end, and none of them is subscribed again
    for (const part of inParts(channels)) this.#options.client.unsubscribe(...part).catch(() => undefined); // it was lost
  }

  /** Everything, on a new connection. */
  async #resubscribe(): Promise<void> {
    const { client, log, resubscribed } = this.#options;
    if (this.#channels.size === 0) return;
    try {
      await this.#send([...this.#channels]);
      resubscribed();
    } catch (error) {
      if (this.#closed) return;
      log.warn(faultFields(error), "could not subscribe again");
      client.disconnect(true); // the next connection begins anew
    }
  }
}

function inParts(channels: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(channels.length / CHANNELS_PER_COMMAND) }, (_, part) =>
    channels.slice(part * CHANNELS_PER_COMMAND, (part + 1) * CHANNELS_PER_COMMAND),
  );
}

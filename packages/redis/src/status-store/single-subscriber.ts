import { faultFields } from "@statusplane/core";
import type { StatusStoreLog } from "@statusplane/core/status-store";
import type { Redis } from "ioredis";
import { closeClient, whenReady } from "../connections/redis-connector.ts";
import { CONNECT_AND_SUBSCRIBE_MS, type Subscriber, type SubscriberEvents } from "./subscriber.ts";

/** Channels named by one SUBSCRIBE. */
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
    for (const channel of channels) this.#channels.add(channel);
    const subscribed = whenReady(this.#options.client, CONNECT_AND_SUBSCRIBE_MS).then(() =>
      this.#send(channels),
    );
    return channels.map(() => subscribed);
  }

  unsubscribe(channel: string): void {
    if (!this.#channels.delete(channel) || !this.isConnected) return;
    // no connection: there is nothing to end, and the channel is not subscribed again
    this.#options.client.unsubscribe(channel).catch(() => undefined);
  }

  probe(): void {
    if (this.isConnected) this.#options.client.ping().catch(() => undefined); // the connection's end is logged
  }

  close(): void {
    this.#closed = true;
    this.#channels.clear();
    closeClient(this.#options.client);
  }

  async #send(channels: readonly string[]): Promise<void> {
    const commands: Promise<unknown>[] = [];
    for (let from = 0; from < channels.length; from += CHANNELS_PER_COMMAND) {
      commands.push(this.#options.client.subscribe(...channels.slice(from, from + CHANNELS_PER_COMMAND)));
    }
    await Promise.all(commands);
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

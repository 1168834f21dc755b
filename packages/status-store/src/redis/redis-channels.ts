import { StatusplaneError, type Unsubscribe } from "@statusplane/core";
import { callListener } from "../call-listener.ts";
import type { StatusStoreSettings } from "../status-store-options.ts";
import { withDeadline } from "./deadline.ts";
import { whenReady, type RedisClient } from "./redis-client.ts";
import { storeError } from "./store-error.ts";

/** A subscription that may have to make its connection first has so long for it, in ms. */
const CONNECT_AND_SUBSCRIBE_MS = 1_500;
/** Channels named by one SUBSCRIBE. */
const CHANNELS_PER_COMMAND = 500;

interface Channel {
  readonly listeners: Set<(message: string) => void>;
  /** Settles when Redis has answered the first SUBSCRIBE. */
  readonly subscribed: Promise<void>;
}

export interface RedisChannelsOptions {
  /** Makes the subscriber's client; called once, at the first subscription. */
  readonly connect: () => RedisClient;
  readonly cluster: boolean;
  readonly settings: StatusStoreSettings;
}

/**
 * All subscriptions of a process over one connection (in Cluster one per master, sharded Pub/Sub), counted per
 * channel. After each reconnect every channel is subscribed again before `onResubscribed` is told: what was published
 * in between is lost, and whoever must not miss it reads again.
 */
export class RedisChannels {
  readonly #options: RedisChannelsOptions;
  readonly #channels = new Map<string, Channel>();
  readonly #resubscribed = new Set<() => void>();
  #client: RedisClient | undefined;
  #toSubscribe: string[] = [];
  #subscribing: Promise<void> | undefined;
  #closed = false;

  constructor(options: RedisChannelsOptions) {
    this.#options = options;
  }

  /** @throws {store_unavailable} when Redis does not answer in time. */
  async listen(name: string, listener: (message: string) => void): Promise<Unsubscribe> {
    const own = (message: string): void => callListener(this.#options.settings.log, () => listener(message));
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = { listeners: new Set(), subscribed: this.#subscribeThisTurn(name) };
      this.#channels.set(name, channel);
    }
    const joined = channel;
    joined.listeners.add(own);
    try {
      await joined.subscribed;
    } catch (error) {
      joined.listeners.delete(own);
      if (joined.listeners.size === 0 && this.#channels.get(name) === joined) this.#channels.delete(name);
      throw storeError(error, this.#options.settings.random);
    }
    return async () => {
      if (!joined.listeners.delete(own) || joined.listeners.size > 0) return;
      if (this.#channels.get(name) === joined) this.#channels.delete(name);
      await this.#unsubscribe(name);
    };
  }

  /** Tells when all channels have been subscribed again on a new connection. */
  onResubscribed(listener: () => void): void {
    this.#resubscribed.add(listener);
  }

  /** A sign of life on the subscriber's connection, so that a dead one is noticed and made anew. */
  probe(): void {
    if (this.#client === undefined || this.#options.cluster) return;
    this.#client.ping().catch((error: unknown) => {
      this.#options.settings.log.warn({ err: error }, "the subscriber's connection does not answer");
    });
  }

  close(): void {
    this.#closed = true;
    this.#channels.clear();
    this.#client?.disconnect();
  }

  /** One SUBSCRIBE for all channels of a turn. */
  #subscribeThisTurn(name: string): Promise<void> {
    this.#toSubscribe.push(name);
    this.#subscribing ??= Promise.resolve().then(() => {
      const names = this.#toSubscribe;
      this.#toSubscribe = [];
      this.#subscribing = undefined;
      return this.#subscribe(names);
    });
    return this.#subscribing;
  }

  async #subscribe(names: readonly string[]): Promise<void> {
    if (this.#closed) throw new StatusplaneError("store_unavailable", { detail: "closed" });
    const { cluster, settings } = this.#options;
    const client = (this.#client ??= this.#connect());
    const { requestDeadlineMs } = settings.timings;
    // In Cluster the connection to the channel's master is made at its first channel.
    const connects = cluster || client.status !== "ready";
    const deadlineMs = connects ? Math.max(requestDeadlineMs, CONNECT_AND_SUBSCRIBE_MS) : requestDeadlineMs;
    await whenReady(client, deadlineMs);
    await withDeadline(subscribeOn(client, names, cluster), deadlineMs);
  }

  async #unsubscribe(name: string): Promise<void> {
    if (this.#closed || this.#client === undefined || this.#channels.has(name)) return;
    try {
      await (this.#options.cluster ? this.#client.sunsubscribe(name) : this.#client.unsubscribe(name));
    } catch {
      // no connection: there is nothing to end, and the channel is not subscribed again
    }
  }

  #connect(): RedisClient {
    const client = this.#options.connect();
    const hear = (name: string, message: string): void => {
      for (const listener of [...(this.#channels.get(name)?.listeners ?? [])]) listener(message);
    };
    if (this.#options.cluster) {
      client.on("smessage", hear);
      // The client's own subscriber group has subscribed again by then.
      client.on("subscribersReady", () => this.#tellResubscribed());
    } else {
      client.on("message", hear);
      client.on("ready", () => void this.#resubscribe(client));
    }
    return client;
  }

  async #resubscribe(client: RedisClient): Promise<void> {
    const names = [...this.#channels.keys()];
    if (names.length === 0) return;
    try {
      await subscribeOn(client, names, false);
      this.#tellResubscribed();
    } catch (error) {
      if (this.#closed) return;
      this.#options.settings.log.warn({ err: error }, "could not subscribe again");
      client.disconnect(true); // the next connection begins anew
    }
  }

  #tellResubscribed(): void {
    for (const listener of this.#resubscribed) listener();
  }
}

async function subscribeOn(client: RedisClient, names: readonly string[], cluster: boolean): Promise<void> {
  const commands: Promise<unknown>[] = [];
  if (cluster) {
    for (const name of names) commands.push(client.ssubscribe(name)); // each may be in another slot
  } else {
    for (let from = 0; from < names.length; from += CHANNELS_PER_COMMAND) {
      commands.push(client.subscribe(...names.slice(from, from + CHANNELS_PER_COMMAND)));
    }
  }
  await Promise.all(commands);
}

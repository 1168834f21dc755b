import { StatusplaneError, type Unsubscribe } from "@statusplane/core";
import { callListener, type StatusStoreSettings } from "@statusplane/core/status-store";
import { withDeadline } from "./deadline.ts";
import { storeError } from "./store-error.ts";
import { CONNECT_AND_SUBSCRIBE_MS, type Subscriber, type SubscriberEvents } from "./subscriber.ts";

/** Every connection must show a sign of life this often, in ms. */
const PROBE_EVERY_MS = 1_000;

interface Channel {
  readonly listeners: Set<(message: string) => void>;
  /** Settles when Redis has answered the first SUBSCRIBE. */
  readonly subscribed: Promise<void>;
}

export interface RedisChannelsOptions {
  /** Makes the subscriber; called once, at the first subscription. */
  readonly subscriber: (events: SubscriberEvents) => Subscriber;
  readonly settings: StatusStoreSettings;
}

/**
 * All subscriptions of a process, counted per channel. A lost one is made again before `onResubscribed` is told: what
 * was published in between is lost, and whoever must not miss it reads again.
 */
export class RedisChannels {
  readonly #options: RedisChannelsOptions;
  readonly #channels = new Map<string, Channel>();
  readonly #resubscribed = new Set<() => void>();
  #subscriber: Subscriber | undefined;
  #toSubscribe: string[] = [];
  #subscribing: Promise<readonly Promise<void>[]> | undefined;
  #probing: NodeJS.Timeout | undefined;
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
      this.#leave(name, joined, own);
      throw storeError(error, this.#options.settings.random);
    }
    return () => {
      this.#leave(name, joined, own);
      return Promise.resolve();
    };
  }

  /** Tells when all channels have been subscribed again on a new connection. */
  onResubscribed(listener: () => void): void {
    this.#resubscribed.add(listener);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#probing);
    this.#channels.clear();
    this.#subscriber?.close();
  }

  #leave(name: string, channel: Channel, listener: (message: string) => void): void {
    if (!channel.listeners.delete(listener) || channel.listeners.size > 0) return;
    if (this.#channels.get(name) !== channel) return; // it failed, and somebody has begun anew
    this.#channels.delete(name);
    this.#subscriber?.unsubscribe(name);
  }

  /** The channels of a turn are asked for together, and each waits for its own answer. */
  async #subscribeThisTurn(name: string): Promise<void> {
    const place = this.#toSubscribe.push(name) - 1;
    this.#subscribing ??= Promise.resolve().then(() => {
      const names = this.#toSubscribe;
      this.#toSubscribe = [];
      this.#subscribing = undefined;
      return this.#subscribe(names);
    });
    const answers = await this.#subscribing;
    await answers[place];
  }

  #subscribe(names: readonly string[]): readonly Promise<void>[] {
    if (this.#closed) throw new StatusplaneError("store_unavailable", { detail: "closed" });
    const subscriber = (this.#subscriber ??= this.#start());
    const { requestDeadlineMs } = this.#options.settings.timings;
    const deadlineMs = subscriber.isConnected
      ? requestDeadlineMs
      : Math.max(requestDeadlineMs, CONNECT_AND_SUBSCRIBE_MS);
    return subscriber.subscribe(names).map((answer) => withDeadline(answer, deadlineMs));
  }

  #start(): Subscriber {
    const subscriber = this.#options.subscriber({
      hear: (name, message) => {
        for (const listener of [...(this.#channels.get(name)?.listeners ?? [])]) listener(message);
      },
      resubscribed: () => {
        for (const listener of this.#resubscribed) listener();
      },
    });
    this.#probing = setInterval(() => subscriber.probe(), PROBE_EVERY_MS);
    this.#probing.unref();
    return subscriber;
  }
}

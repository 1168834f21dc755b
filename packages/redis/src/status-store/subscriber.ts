/** A subscription that may have to make its connection first has so long for it, in ms. */
export const CONNECT_AND_SUBSCRIBE_MS = 1_500;

/** The connection, or the connections, over which a process hears what is published. */
export interface Subscriber {
  /**
   * One promise per channel: it resolves when what is published from now on will be heard. Deadlines are the caller's.
   * From the call until `unsubscribe`, which a failed one needs too, a subscription that is lost is made again.
   */
  subscribe(channels: readonly string[]): readonly Promise<void>[];
  unsubscribe(channel: string): void;
  /** Whether a subscription need not wait for a connection to be made. */
  readonly isConnected: boolean;
  /** A sign of life on every connection, so that a dead one is noticed and made anew. */
  probe(): void;
  close(): void;
}

export interface SubscriberEvents {
  readonly hear: (channel: string, message: string) => void;
  /** Lost subscriptions have been made again; what was published in between was not heard. */
  readonly resubscribed: () => void;
}

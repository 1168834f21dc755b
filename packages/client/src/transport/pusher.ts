import type { WatchRef } from "../watched-job.ts";
import type { Delivery, Wanted } from "./delivery.ts";

/** Pushes what is wanted: by a stream of this tab's, or of another tab of the browser. */
export interface Pusher {
  /** Whether everything that is wanted is pushed, or was a moment ago. */
  readonly isLive: boolean;
  /** Whether another tab tells, and polls everything now and then for this one, too. */
  readonly isRelayed: boolean;
  /** Whether the poll need not ask for the live list. */
  readonly coversList: boolean;
  /** Whether the poll need not ask for the job, by its key. */
  covers(key: string): boolean;
  /** Jobs that other tabs want by this one. */
  guests(): readonly WatchRef[];
  /** Replaces what is wanted. */
  want(wanted: Wanted): void;
  /** Hands on what this tab has polled. */
  share(delivery: Delivery): void;
  /** Somebody looks again, or the network is back. */
  wake(): void;
  close(): void;
}

/** Who hears what is pushed. */
export interface PushListener {
  onDelivery(delivery: Delivery): void;
  /** What is covered may have changed: see {@link Pusher.covers}. */
  onCover(): void;
  /** The server has said who reads; null: nothing may be shared. */
  onReader(reader: string | null): void;
}

import type { Sender } from "../sender.ts";
import type { WatchRef } from "../watched-job.ts";
import type { ClientTimings } from "./client-timings.ts";
import type { Delivery, Wanted } from "./delivery.ts";

/** Where pushed news comes from: a stream of this tab's, or of another tab of the browser. */
export interface PushPort {
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

/** What a push works with. */
export interface PushContext {
  readonly sender: Sender;
  readonly timings: ClientTimings;
  /** Of the client's option; never `poll`. */
  readonly transport: "auto" | "websocket" | "sse";
  onDelivery(delivery: Delivery): void;
  /** What is covered may have changed. */
  onCover(): void;
}

/** Makes the push of a client; without one the client polls. */
export type MakePush = (context: PushContext) => PushPort;

/** A push that is none. */
export const NO_PUSH: PushPort = {
  isLive: false,
  isRelayed: false,
  coversList: false,
  covers: () => false,
  guests: () => [],
  want() {},
  share() {},
  wake() {},
  close() {},
};

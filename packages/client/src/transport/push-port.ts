import type { Sender } from "../sender.ts";
import type { WatchTable } from "../watch-table.ts";
import type { WatchRef } from "../watched-job.ts";
import type { WatcherParts } from "../watcher-parts.ts";
import type { ActiveJobs } from "../active-jobs.ts";
import type { ClientTimings } from "./client-timings.ts";
import type { Delivery } from "./delivery.ts";

/** News that is pushed, as the poll knows it: by a stream of this tab's, or of another tab of the browser. */
export interface PushPort {
  /** Whether everything that is wanted is pushed, or was a moment ago. */
  readonly isLive: boolean;
  /** Whether the poll need not ask for the live list. */
  readonly tellsList: boolean;
  /** Of these, what the poll is to ask for. */
  untold(refs: readonly WatchRef[]): readonly WatchRef[];
  /** What other tabs want this one to ask for now. */
  guests(): readonly WatchRef[];
  /** The poll asks for what it is to ask for. */
  polls(): void;
  /** Hands on what this tab has polled. */
  share(delivery: Delivery): void;
  /** After every change of what is watched, and of whether anybody looks. */
  settle(isResting: boolean): void;
  /** Somebody looks again, or the network is back. */
  wake(): void;
  close(): void;
}

/** What a push works with. */
export interface PushContext {
  readonly table: WatchTable;
  readonly sender: Sender;
  /** Of the client's option. */
  readonly timings: Partial<ClientTimings> | undefined;
  /** Of the client's option; never `poll`. */
  readonly transport: "auto" | "websocket" | "sse";
  /** The tenant's live list, while somebody wants it. */
  readonly wantedList: () => ActiveJobs | null;
  readonly features: () => Pick<WatcherParts, "views">;
  onDeliveries(deliveries: readonly Delivery[]): void;
  /** What is told may have changed. */
  onCover(): void;
}

/** Makes the push of a client; without one the client polls. */
export type MakePush = (context: PushContext) => PushPort;

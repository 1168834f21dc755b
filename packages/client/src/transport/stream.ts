import type { StreamEvent } from "@statusplane/core/wire";
import type { Wanted } from "./delivery.ts";

/** Who hears a stream. Nothing is told after {@link onEnd}, and nothing after `close`. */
export interface StreamListener {
  /** Something came, if only a sign of life. */
  onLife(): void;
  onEvent(event: StreamEvent): void;
  /** Refused, cut off, ended, or never there; whoever comes again waits for `retryAfterMs`. */
  onEnd(end: { readonly retryAfterMs: number }): void;
}

/**
 * One open connection.
 *
 * ```
 * opening ──hello──▶ signed in ──ready──▶ told ──▶ … ──end, bye, cut off──▶ over
 *    └──refused──▶ over            ▲        │
 *                                  └─watch──┘
 * ```
 */
export interface OpenStream {
  /** Asks for something else on this connection. False: that needs another. */
  watch(wanted: Wanted): boolean;
  /** Signs in again with the page's newest token. False: that needs another connection. */
  renew(): boolean;
  close(): void;
}

/** Opens a connection that tells what is wanted: the one interface of every way to be pushed to. */
export type OpenStreamOf = (wanted: Wanted, listener: StreamListener) => OpenStream;

/** Ways to be pushed to. */
export type PushTransport = "websocket" | "sse";

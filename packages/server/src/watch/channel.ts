import type { CLOSE_CODES, StreamBodies } from "@statusplane/core/wire";

/** How a stream's connection is made. */
export const TRANSPORTS = ["sse", "websocket"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** What an event's bytes are on their way: a WebSocket's frame, an HTTP chunk, or lines as they are. */
export type Form = "frame" | "chunk" | "lines";

/** Why a stream is closed. */
export type Ending = keyof typeof CLOSE_CODES;

/** So much waits in a connection for its reader at most; a single larger text goes alone, bytes. */
export const BUFFER_MAX_BYTES = 65_536;

/** What a channel tells whoever it is made for. */
export interface ChannelEvents {
  /** Everything that was written has been taken. */
  readonly onDrain: () => void;
  /** The connection is gone, whoever ended it. Once. */
  readonly onClose: () => void;
}

/** One connection's way out. */
export interface Channel {
  readonly transport: Transport;
  readonly form: Form;
  /** An event's bytes; a snapshot's are its own. */
  eventBytes<Name extends keyof StreamBodies>(name: Name, body: StreamBodies[Name]): Buffer;
  /** Writes. @returns whether there is room for more. */
  write(bytes: Buffer): boolean;
  /** Whether there is room. */
  hasRoom(): boolean;
  /** What waits for its reader, bytes. */
  waitingBytes(): number;
  /** What is written until the call returns goes out in one piece. */
  together(write: () => void): void;
  /** Shows that the connection lives. */
  beat(): void;
  /** Ends the connection in order; a second end does nothing. */
  end(ending: Ending): void;
  /** Ends it at once: nobody reads. */
  destroy(): void;
}

import { CLOSE_CODES, eventFrame, type StreamBodies } from "@statusplane/core/wire";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { BUFFER_MAX_BYTES, type Channel, type ChannelEvents, type Ending } from "./channel.ts";
import { textFrame } from "./framed-snapshot.ts";

const BEAT = textFrame(eventFrame("beat", {}));

/**
 * A WebSocket. Frames are made by us, once for all, and written past `ws`: it compresses nothing here and writes its own
 * (pong, close) at once, so that none of its frames is ever half out when ours are written.
 */
export class SocketChannel implements Channel {
  readonly transport = "websocket";
  readonly form = "frame";
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  #needsDrain = false;

  /** @param socket what `ws` stands on; that it is closed is told by `ws`. */
  constructor(ws: WebSocket, socket: Duplex, events: Pick<ChannelEvents, "onDrain">) {
    this.#ws = ws;
    this.#socket = socket;
    socket.on("drain", () => {
      this.#needsDrain = false;
      events.onDrain();
    });
  }

  eventBytes<Name extends keyof StreamBodies>(name: Name, body: StreamBodies[Name]): Buffer {
    return textFrame(eventFrame(name, body));
  }

  write(bytes: Buffer): boolean {
    if (!this.#isOpen()) return false;
    if (!this.#socket.write(bytes)) this.#needsDrain = true;
    return this.hasRoom();
  }

  hasRoom(): boolean {
    return this.#isOpen() && !this.#needsDrain && this.#socket.writableLength < BUFFER_MAX_BYTES;
  }

  waitingBytes(): number {
    return this.#socket.writableLength;
  }

  together(write: () => void): void {
    this.#socket.cork();
    write();
    this.#socket.uncork();
  }

  beat(): void {
    this.write(BEAT);
  }

  end(ending: Ending): void {
    if (this.#isOpen()) this.#ws.close(CLOSE_CODES[ending]);
  }

  destroy(): void {
    this.#ws.terminate();
  }

  /** After its close frame nothing may be written. */
  #isOpen(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }
}

import { eventLines, type StreamBodies } from "@statusplane/core/wire";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { BUFFER_MAX_BYTES, type Channel, type ChannelEvents } from "./channel.ts";

/**
 * An answer that goes on as Server-Sent Events. Where it travels in chunks (HTTP/1.1) they are made by us, once for all, and
 * written past Node's answer, which would make each connection's anew; it has written its head, and writes its end.
 */
export class SseChannel implements Channel {
  readonly transport = "sse";
  readonly form: "chunk" | "lines";
  readonly #raw: ServerResponse;
  /** Where bytes go. */
  readonly #out: Socket | ServerResponse;
  readonly #onDrain: () => void;
  #ended = false;

  /** @param raw whose head has been written. */
  constructor(raw: ServerResponse, { onDrain, onClose }: ChannelEvents) {
    this.#raw = raw;
    const { socket } = raw;
    const isChunked = raw.chunkedEncoding && socket !== null;
    this.form = isChunked ? "chunk" : "lines";
    this.#out = isChunked ? socket : raw;
    this.#onDrain = onDrain;
    this.#out.on("drain", onDrain);
    raw.on("error", () => undefined); // a reader that has gone: its close is told next
    // An answer is not told of its connection's end where others wait there before it, or an upgrade behind it.
    const connection = raw.req.socket;
    const over = (): void => {
      raw.off("close", over);
      connection.off("close", over);
      this.#leave();
      onClose();
    };
    raw.on("close", over);
    connection.on("close", over);
  }

  eventBytes<Name extends keyof StreamBodies>(name: Name, body: StreamBodies[Name]): Buffer {
    return this.#bytes(eventLines(name, body));
  }

  write(bytes: Buffer): boolean {
    if (this.#ended) return false;
    this.#out.write(bytes);
    return this.hasRoom();
  }

  hasRoom(): boolean {
    return !this.#ended && !this.#out.writableNeedDrain && this.#out.writableLength < BUFFER_MAX_BYTES;
  }

  waitingBytes(): number {
    return this.#out.writableLength;
  }

  together(write: () => void): void {
    this.#out.cork();
    write();
    this.#out.uncork();
  }

  /** A comment: no event, but bytes. */
  beat(): void {
    this.write(this.#bytes(":\n\n"));
  }

  end(): void {
    if (this.#ended) return;
    this.#leave();
    this.#raw.end();
  }

  destroy(): void {
    this.#leave();
    if (this.#raw.socket === null) this.#raw.req.socket.destroy();
    else this.#raw.destroy();
  }

  #bytes(text: string): Buffer {
    return this.form === "chunk" ? chunkOf(text) : Buffer.from(text);
  }

  /** The connection may have other answers after this one. */
  #leave(): void {
    this.#ended = true;
    this.#out.off("drain", this.#onDrain);
  }
}

/** A text as one chunk of an answer (RFC 9112, 7.1). */
export function chunkOf(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}

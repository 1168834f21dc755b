import { eventLines, type StreamBodies } from "@statusplane/core/wire";
import type { ServerResponse } from "node:http";
import { BUFFER_MAX_BYTES, type Channel, type ChannelEvents } from "./channel.ts";

/** A comment: no event, but bytes. */
const COMMENT = Buffer.from(":\n\n");

/** An answer that goes on as Server-Sent Events. */
export class SseChannel implements Channel {
  readonly transport = "sse";
  readonly #raw: ServerResponse;
  #ended = false;

  /** @param raw whose head has been written. */
  constructor(raw: ServerResponse, { onDrain, onClose }: ChannelEvents) {
    this.#raw = raw;
    raw.on("drain", onDrain);
    raw.on("error", () => undefined); // a reader that has gone: its close is told next
    raw.once("close", onClose);
  }

  eventBytes<Name extends keyof StreamBodies>(name: Name, body: StreamBodies[Name]): Buffer {
    return Buffer.from(eventLines(name, body));
  }

  write(bytes: Buffer): boolean {
    if (this.#ended) return false;
    this.#raw.write(bytes);
    return this.hasRoom();
  }

  hasRoom(): boolean {
    return !this.#ended && !this.#raw.writableNeedDrain && this.#raw.writableLength < BUFFER_MAX_BYTES;
  }

  waitingBytes(): number {
    return this.#raw.writableLength;
  }

  together(write: () => void): void {
    this.#raw.cork();
    write();
    this.#raw.uncork();
  }

  beat(): void {
    this.write(COMMENT);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#raw.end();
  }

  destroy(): void {
    this.#ended = true;
    this.#raw.destroy();
  }
}

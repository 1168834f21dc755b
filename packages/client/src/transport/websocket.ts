import {
  bearerProtocol,
  namesBody,
  readFrame,
  socketPath,
  SUBPROTOCOL,
  type StreamMessage,
} from "@statusplane/core/wire";
import type { Socket } from "../environment.ts";
import type { Sender } from "../sender.ts";
import type { Wanted } from "./delivery.ts";
import type { OpenStream, OpenStreamOf, StreamListener } from "./stream.ts";

/** A WebSocket: signs in by subprotocol or by its first message, watches what it is told to, answers beats. */
export function websocketOf(sender: Sender): OpenStreamOf {
  return (wanted, listener) => new SocketStream(sender, wanted, listener);
}

class SocketStream implements OpenStream {
  readonly #sender: Sender;
  readonly #listener: StreamListener;
  #wanted: Wanted;
  #socket: Socket | null = null;
  #isOpen = false;
  #isOver = false;

  constructor(sender: Sender, wanted: Wanted, listener: StreamListener) {
    this.#sender = sender;
    this.#wanted = wanted;
    this.#listener = listener;
    this.#open().catch(() => this.#over()); // no token, or no WebSocket to be had: the poll tells why
  }

  watch(wanted: Wanted): boolean {
    this.#wanted = wanted;
    if (this.#isOpen) this.#sendWatch();
    return true;
  }

  renew(): boolean {
    this.#sender.token().then(
      (token) => {
        if (token !== null) this.#send({ op: "sign_in", token });
      },
      () => undefined, // the server ends the connection with the token, and the next is opened with a new one
    );
    return true;
  }

  close(): void {
    this.#isOver = true;
    this.#socket?.close();
  }

  async #open(): Promise<void> {
    const token = await this.#sender.token();
    if (this.#isOver) return;
    const bearer = token === null ? null : bearerProtocol(token);
    const protocols = bearer === null ? [SUBPROTOCOL] : [SUBPROTOCOL, bearer];
    const { environment } = this.#sender;
    const socket = environment.openSocket?.(this.#sender.url(socketPath()), protocols);
    if (socket === undefined) throw new TypeError("no WebSocket here");
    this.#socket = socket;
    socket.onopen = () => {
      this.#isOpen = true;
      if (token !== null && bearer === null) this.#send({ op: "sign_in", token });
      this.#sendWatch();
    };
    socket.onmessage = ({ data }) => this.#take(data);
    socket.onclose = () => this.#over();
  }

  #take(data: unknown): void {
    if (this.#isOver) return;
    this.#listener.onLife();
    const event = typeof data === "string" ? readFrame(data) : null;
    if (event?.event === "beat") this.#send({ op: "beat" });
    else if (event !== null) this.#listener.onEvent(event);
  }

  #sendWatch(): void {
    const { refs, active } = this.#wanted;
    this.#send({ op: "watch", ...namesBody(refs), active });
  }

  #send(message: StreamMessage): void {
    if (this.#isOpen && !this.#isOver) this.#socket?.send(JSON.stringify(message));
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.onEnd({ retryAfterMs: 0 });
  }
}

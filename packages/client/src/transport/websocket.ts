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
  return (wanted, listener) => openSocketStream(sender, wanted, listener);
}

function openSocketStream(sender: Sender, wanted: Wanted, listener: StreamListener): OpenStream {
  let watched = wanted;
  let socket: Socket | undefined;
  let isOpen = false;
  let isOver = false;

  open().catch(over); // no token, or no WebSocket to be had: the poll tells why
  return {
    watch(next) {
      watched = next;
      if (isOpen) sendWatch();
      return true;
    },
    renew() {
      sender.token().then(
        (token) => {
          if (token !== null) send({ op: "sign_in", token });
        },
        () => undefined, // the server ends the connection with the token, and the next is opened with a new one
      );
      return true;
    },
    close() {
      isOver = true;
      socket?.close();
    },
  };

  async function open(): Promise<void> {
    const token = await sender.token();
    if (isOver) return;
    const bearer = token === null ? null : bearerProtocol(token);
    const protocols = bearer === null ? [SUBPROTOCOL] : [SUBPROTOCOL, bearer];
    socket = sender.environment.openSocket?.(sender.url(socketPath()), protocols);
    if (socket === undefined) throw new TypeError("no WebSocket here");
    socket.onopen = () => {
      isOpen = true;
      if (token !== null && bearer === null) send({ op: "sign_in", token });
      sendWatch();
    };
    socket.onmessage = ({ data }) => take(data);
    socket.onclose = over;
  }

  function take(data: unknown): void {
    if (isOver) return;
    listener.onLife();
    const event = typeof data === "string" ? readFrame(data) : null;
    if (event?.event === "beat") send({ op: "beat" });
    else if (event !== null) listener.onEvent(event);
  }

  function sendWatch(): void {
    const { refs, ...rest } = watched;
    send({ op: "watch", ...namesBody(refs), ...rest });
  }

  function send(message: StreamMessage): void {
    if (isOpen && !isOver) socket?.send(JSON.stringify(message));
  }

  function over(): void {
    if (isOver) return;
    isOver = true;
    listener.onEnd({ retryAfterMs: 0 });
  }
}

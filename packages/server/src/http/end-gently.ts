import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { HttpLimits } from "./http-limits.ts";

const LOOK_EVERY_MS = 50;

/** Has the last answer of a connection ended by `end`; what Node does then would close over what is still coming. */
export function endAfterAnswer(socket: Socket, end: () => void): void {
  socket.destroySoon = () => {
    delete (socket as Partial<Socket>).destroySoon;
    end();
  };
}

/**
 * Ends a connection whose peer may still be sending: says that nothing more comes, reads what is under way and throws it
 * away, and closes when the body has ended, the peer has closed, or it was long or much enough. To close at once would
 * reset the connection, and with it the answer that the peer has not read yet.
 */
export function endGently(
  socket: Socket,
  request: IncomingMessage | null,
  { readAwayMs, readAwayMaxBytes }: Pick<HttpLimits, "readAwayMs" | "readAwayMaxBytes">,
): void {
  if (socket.destroyed) return;
  if (socket.writable) socket.end();
  request?.unpipe();
  request?.resume();
  const untilMs = performance.now() + readAwayMs;
  const upToBytes = socket.bytesRead + readAwayMaxBytes;
  const look = (): void => {
    const hasEnded = request?.complete === true || socket.readableEnded;
    if (!hasEnded && performance.now() < untilMs && socket.bytesRead <= upToBytes) return;
    if (hasEnded) socket.destroySoon();
    else socket.destroy();
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  socket.once("close", () => clearInterval(timer));
  request?.once("end", look);
}

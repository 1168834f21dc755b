import type { ErrorCode } from "@statusplane/core";
import type { Socket } from "node:net";
import { problemOf } from "../errors/index.ts";
import { failBody } from "./body-arrivals.ts";
import type { Connections } from "./connections.ts";

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
};

/**
 * Answers what never became a request: too large a head, a malformed one, one that did not arrive in time; and ends its
 * connection. Behind a request it waits for that one's answer.
 */
export function answerBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Socket,
  connections: Connections,
): void {
  if (socket.destroyed) return;
  const hasEnded = error.code === "HPE_INVALID_EOF_STATE" || error.code === "ECONNRESET";
  if (connections.isEnding(socket)) return void (hasEnded && socket.destroy());
  const answer = connections.answerOn(socket);
  if (answer !== null) {
    if (answer.req.complete) answer.once("close", () => connections.end(socket, null));
    else if (hasEnded || !failBody(answer.req, "invalid_request")) socket.destroy();
    return;
  }
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const code = CODES[error.code ?? ""] ?? "invalid_request";
  const { status, text } = problemOf(code, "ko");
  socket.write(
    `HTTP/1.1 ${status} ${code}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nX-Content-Type-Options: nosniff\r\n` +
      `Connection: close\r\n\r\n${text}`,
  );
  connections.end(socket, null);
}

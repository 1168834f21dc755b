import { LogController, type FastifyHttpOptions } from "fastify";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { answerError, problemOf } from "../errors/index.ts";
import { logOptions, type LogOptions } from "./log-options.ts";

/** Of a URL with its query. */
export const URL_MAX_BYTES = 8_192;
/** URL and headers together, as Node counts them: 8 KiB each. */
const HEAD_MAX_BYTES = 16_384;
const HEADERS_TIMEOUT_MS = 10_000;
const CHECK_CONNECTIONS_EVERY_MS = 2_000;
/** Longer than any load balancer's idle timeout that we know (60 s), so that the server never closes first. */
const KEEP_ALIVE_MS = 72_000;

/** The limits of HTTP, and a log without a line per request: polls would be most of it. */
export function fastifyOptions(log: LogOptions | undefined): FastifyHttpOptions<Server> {
  return {
    logger: log === undefined ? false : logOptions(log),
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_024 },
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: "idle",
    return503OnClosing: false, // what still comes while connections end is answered like everything else
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    clientErrorHandler: answerBrokenRequest,
    http: {
      maxHeaderSize: HEAD_MAX_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_CONNECTIONS_EVERY_MS,
      requestTimeout: 0,
    },
  };
}

/** What never became a request: too large a head, a malformed one, one that did not arrive in time. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const code =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "headers_too_large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "request_timeout"
        : "invalid_request";
  const { status, text } = problemOf(code, "ko");
  if (!socket.writable) return void socket.destroy();
  socket.end(
    `HTTP/1.1 ${status} ${code}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `X-Content-Type-Options: nosniff\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

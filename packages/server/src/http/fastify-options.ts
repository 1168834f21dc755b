import { LogController, type FastifyHttpOptions } from "fastify";
import type { Server, ServerResponse } from "node:http";
import { answerError } from "../errors/index.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import type { Connections } from "./connections.ts";
import { logOptions, type LogOptions } from "./log-options.ts";

/** Of a URL with its query. */
export const URL_MAX_BYTES = 8_192;
/** URL and headers together, as Node counts them: 8 KiB each. */
const HEAD_MAX_BYTES = 16_384;

/** The limits of HTTP, and a log without a line per request: polls would be most of it. */
export function fastifyOptions(
  log: LogOptions | undefined,
  connections: Connections,
): FastifyHttpOptions<Server> {
  const { headMs, keepAliveMs, checkEveryMs } = connections.limits;
  return {
    logger: log === undefined ? false : logOptions(log),
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_024 },
    keepAliveTimeout: keepAliveMs,
    forceCloseConnections: "idle",
    return503OnClosing: false, // what still comes while connections end is answered like everything else
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, connections),
    http: {
      // Fastify wants a class for every class of requests
      ServerResponse: connections.ServerResponse as unknown as typeof ServerResponse,
      maxHeaderSize: HEAD_MAX_BYTES,
      headersTimeout: headMs,
      connectionsCheckingInterval: checkEveryMs,
      requestTimeout: 0, // it would end an upload of some gigabytes: bodies are watched by their pace
    },
  };
}

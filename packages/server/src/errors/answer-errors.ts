import { StatusplaneError } from "@statusplane/core";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { coerceError } from "./coerce-error.ts";
import type { KnownRoutes } from "./known-routes.ts";
import { sendProblem } from "./problem.ts";

export interface AnswerUnknownOptions {
  readonly routes: KnownRoutes;
  /** What an address without a route is answered: where only watching is served, the rest may be elsewhere. */
  readonly unknownAddress: "route_not_found" | "not_served_here";
  /** Given the chance to answer an address without a route (the page's own addresses). True: it has answered. */
  readonly fallback?: ((request: FastifyRequest, reply: FastifyReply) => boolean) | undefined;
}

/** Makes every unknown address and wrong method of this instance a problem+json. */
export function answerUnknown(fastify: FastifyInstance, options: AnswerUnknownOptions): void {
  fastify.setNotFoundHandler((request, reply) => {
    const allowed = options.routes.methodsAt(pathOf(request.url));
    if (allowed.length > 0) {
      return sendProblem(reply.header("allow", allowed.join(", ")), "method_not_allowed");
    }
    if (options.fallback?.(request, reply) === true) return reply;
    return sendProblem(reply, options.unknownAddress);
  });
}

/** While one of these is away many requests are answered so: whoever asks it logs the outage, once. */
const LOGGED_ELSEWHERE: ReadonlySet<string> = new Set(["store_unavailable", "sign_in_unavailable"]);

/** Answers a thrown value; only what nobody foresaw is logged as an error, for the rest has its counters. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = coerceError(error);
  if (hasLeft(error, request)) {
    request.log.debug({ request: request.id }, "the client left before its request had arrived");
  } else if (known.code === "internal_error") {
    request.log.error(
      { err: known.cause ?? known, request: request.id, method: request.method },
      known.message,
    );
  } else if (known.definition.http >= 500) {
    const level = LOGGED_ELSEWHERE.has(known.code) ? "debug" : "warn";
    request.log[level](
      { code: known.code, cause: messageOf(known.cause), request: request.id },
      known.message,
    );
  }
  return sendProblem(reply, known.definition, {
    detail: known.detail,
    retryAfterSeconds: known.retryAfterSeconds,
  });
}

/** Whether an error is only the end of a connection whose request had not arrived yet. */
function hasLeft(error: unknown, { raw }: FastifyRequest): boolean {
  const premature = error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
  return raw.destroyed && !raw.complete && (premature || (error === raw.errored && !isKnown(error)));
}

/** The end that we gave a request ourselves has a code of the table. */
function isKnown(error: unknown): boolean {
  return error instanceof StatusplaneError;
}

function messageOf(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.message : undefined;
}

/** A URL without its query. */
export function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query === -1 ? url : url.slice(0, query);
}

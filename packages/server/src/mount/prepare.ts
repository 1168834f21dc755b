import { StatusplaneError } from "@statusplane/core";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { prepareIdentity } from "../auth/index.ts";
import { answerError } from "../errors/index.ts";
import {
  acceptJsonBodies,
  endAfterAnswer,
  endGently,
  HTTP_LIMITS,
  isArriving,
  URL_MAX_BYTES,
} from "../http/index.ts";

/**
 * What holds for every request of an instance that our routes are registered in; a poll pays for it with a header and one
 * look at the URL's length.
 */
export function prepare(fastify: FastifyInstance): void {
  prepareIdentity(fastify);
  fastify.setValidatorCompiler(validatorCompiler);
  fastify.setSerializerCompiler(serializerCompiler);
  fastify.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  acceptJsonBodies(fastify);
  fastify.addHook("onRequest", (request, reply, done) => {
    reply.header("x-content-type-options", "nosniff");
    done(request.url.length > URL_MAX_BYTES ? new StatusplaneError("url_too_long") : undefined);
  });
}

/** What holds beside in a server that is an application's: our routes are there as they are in ours. */
export function prepareAsGuest(fastify: FastifyInstance): void {
  acceptTrailingSlashes(fastify);
  // An answer is written as its route says; null takes the application's serializer away, which its type does not name.
  fastify.setReplySerializer(null as unknown as Parameters<FastifyInstance["setReplySerializer"]>[0]);
  // Our schemas are zod's: the application's own API document could not read them.
  fastify.addHook("onRoute", (route) => void (route.schema = { ...route.schema, hide: true }));
  fastify.addHook("onRequest", (request, _reply, done) =>
    done(wasReadBefore(request) ? readBefore() : undefined),
  );
  fastify.addHook("onSend", ({ raw }, reply, payload, done) => {
    if (isArriving(raw) && raw.httpVersionMajor > 1) {
      raw.resume(); // a stream ends with its body, and its connection is others', too
    } else if (isArriving(raw)) {
      reply.header("connection", "close");
      endAfterAnswer(raw.socket, () => endGently(raw.socket, raw, HTTP_LIMITS));
    }
    done(null, payload);
  });
}

/** Where the server's router does not do it itself, each route is registered with and without a slash at its end. */
function acceptTrailingSlashes(fastify: FastifyInstance): void {
  const { routerOptions, ignoreTrailingSlash } = fastify.initialConfig;
  if (ignoreTrailingSlash === true || routerOptions?.ignoreTrailingSlash === true) return;
  let isTwin = false;
  fastify.addHook("onRoute", function addTwin(route) {
    const { routePath, method } = route;
    if (isTwin || method === "HEAD" || /^\/?$|\*$/.test(routePath)) return; // a HEAD comes along with its GET
    isTwin = true; // this hook is called for the twin, too
    this.route({ ...route, url: routePath.endsWith("/") ? routePath.slice(0, -1) : `${routePath}/` });
    isTwin = false;
  });
}

/** Without a length and without a type there is nothing that a parser would wait for. */
function wasReadBefore({ raw: { readableEnded, method, headers } }: FastifyRequest): boolean {
  if (!readableEnded || method === "GET" || method === "HEAD") return false;
  const { "content-length": length = "0", "content-type": type, "transfer-encoding": coding } = headers;
  return length !== "0" || type !== undefined || coding !== undefined;
}

/** Waiting for the body would never end. */
function readBefore(): StatusplaneError {
  const cause = new Error("this request's body was read before: mount Statusplane ahead of body parsers");
  return new StatusplaneError("internal_error", { cause });
}

import { StatusplaneError } from "@statusplane/core";
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import { addVary, answerError, sendProblem } from "../errors/index.ts";
import { requireIdentity, type Identity } from "./identity.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/** Requires a token on every route of this scope, and spends one request of its budget. */
export function authenticateAll(fastify: FastifyInstance, tokens: TokenVerifier): void {
  fastify.addHook("onRequest", authenticateWith(tokens));
}

/** The same for single routes. A known token goes through without a promise: this is the poll's path. */
export function authenticateWith(tokens: TokenVerifier): onRequestHookHandler {
  return (request, reply, done) => {
    const header = request.headers.authorization;
    if (header === undefined) return void sendProblem(reply, "unauthenticated");
    const known = tokens.known(header);
    if (known !== null) return admit(request, reply, known, done);
    tokens.verify(header).then(
      (identity) => admit(request, reply, identity, done),
      (error: unknown) => void answerError(error, request, reply),
    );
  };
}

function admit(request: FastifyRequest, reply: FastifyReply, identity: Identity, done: () => void): void {
  if (!identity.budget.take()) {
    sendProblem(reply, "rate_limited", { retryAfterSeconds: identity.budget.retryAfterSeconds() });
    return;
  }
  request.identity = identity;
  done();
}

/**
 * Keeps every answer of this scope for the token that asked: no cache on the way may store it, and one that stores it
 * nevertheless has to tell tokens apart. Progress routes say so themselves.
 */
export function keepPrivate(fastify: FastifyInstance): void {
  fastify.addHook("onRequest", (_request, reply, done) => {
    reply.header("cache-control", "private, no-cache");
    addVary(reply, "Authorization");
    done();
  });
}

/** For routes of people: to a watch token they are not there. */
export function refuseWatchTokens(fastify: FastifyInstance): void {
  fastify.addHook("onRequest", (request, reply, done) => {
    if (requireIdentity(request).kind === "watcher") return void sendProblem(reply, "not_found");
    done();
  });
}

/** @throws {forbidden} unless the token has the role `operator`. */
export function requireOperator(request: FastifyRequest): void {
  const identity = requireIdentity(request);
  if (identity.kind !== "person" || !identity.operator) throw new StatusplaneError("forbidden");
}

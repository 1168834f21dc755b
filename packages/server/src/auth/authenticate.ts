import { hasCode, StatusplaneError } from "@statusplane/core";
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import { addVary, answerError, sendProblem } from "../errors/index.ts";
import type { TokenBucket } from "../http/index.ts";
import { requireIdentity, type Identity } from "./identity.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/** Requires a token on every route of this scope, and spends one request of its budget and its tenant's. */
export function authenticateAll(fastify: FastifyInstance, tokens: TokenVerifier): void {
  fastify.addHook("onRequest", authenticateWith(tokens));
}

/** The same for single routes. A known token goes through without a promise: this is the poll's path. */
export function authenticateWith(tokens: TokenVerifier): onRequestHookHandler {
  return (request, reply, done) => {
    const token = bearerToken(request.headers.authorization);
    const known = token === null ? null : tokens.known(token);
    if (known !== null) return admit(request, reply, known, done);
    // Whoever brings no token, or ever new wrong ones, is counted by address: nothing else names them.
    const refusals = tokens.limits.ofAddress(request);
    if (refusals.isSpent()) return refuse(reply, refusals);
    if (token === null) {
      refusals.take();
      return void sendProblem(reply, "unauthenticated");
    }
    tokens.verify(token).then(
      (identity) => admit(request, reply, identity, done),
      (error: unknown) => {
        if (hasCode(error, "unauthenticated")) refusals.take();
        answerError(error, request, reply);
      },
    );
  };
}

function admit(request: FastifyRequest, reply: FastifyReply, identity: Identity, done: () => void): void {
  for (const budget of [identity.budget, identity.tenantBudget]) {
    if (budget !== null && budget.isSpent()) return refuse(reply, budget);
  }
  identity.budget.take();
  identity.tenantBudget?.take();
  request.identity = identity;
  done();
}

function refuse(reply: FastifyReply, budget: TokenBucket): void {
  sendProblem(reply, "rate_limited", { retryAfterSeconds: budget.retryAfterSeconds() });
}

/** The token of an Authorization header, however the scheme and the blanks around it are written; null: there is none. */
export function bearerToken(header: string | undefined): string | null {
  return header === undefined ? null : (/^bearer +([A-Za-z0-9_.-]+) *$/i.exec(header)?.[1] ?? null);
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

import { StatusplaneError } from "@statusplane/core";
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import { addVary, answerError, sendProblem } from "../errors/index.ts";
import type { TokenBucket } from "../http/index.ts";
import { admitAs, requireIdentity, type Identity } from "./identity.ts";
import type { OwnSignIn } from "./own-sign-in.ts";
import { requireScopes } from "./route-scopes.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/** Everything that lets somebody in. */
export interface SignIns {
  readonly tokens: TokenVerifier;
  /** The application's own; null: there are tokens alone. */
  readonly own: OwnSignIn | null;
}

/**
 * Requires a sign-in on every route of this scope, with what the route needs, and spends one request of its budget and its
 * tenant's.
 */
export function authenticateAll(fastify: FastifyInstance, signIns: SignIns): void {
  if (signIns.own !== null) {
    // Where a cookie may be the sign-in, a cache on the way has to tell cookies apart, whatever else it does not heed.
    fastify.addHook("onRequest", (_request, reply, done) => {
      addVary(reply, "Cookie");
      done();
    });
  }
  fastify.addHook("onRequest", authenticateWith(signIns));
  requireScopes(fastify);
}

/**
 * The sign-in for single routes. A known token goes through without a promise: this is the poll's path. A token that is
 * ours to verify is never the application's, so that one which has expired does not become somebody else.
 */
export function authenticateWith({ tokens, own }: SignIns): onRequestHookHandler {
  return (request, reply, done) => {
    const token = bearerToken(request.headers.authorization);
    const known = token === null ? null : tokens.known(token);
    if (known !== null) return admit(request, reply, known, done);
    // Whoever brings nothing, or ever new wrong tokens, is counted by address: nothing else names them.
    const refusals = tokens.limits.ofAddress(request);
    if (refusals.isSpent()) return refuse(reply, refusals);
    const isOwn = own !== null && (token === null || !tokens.isOurs(token));
    if (isOwn && !own.mayChange(request)) {
      return void sendProblem(reply, "origin_not_allowed", { detail: request.headers.origin ?? "no Origin" });
    }
    const identified = isOwn ? own.identify(request) : token === null ? NOBODY : tokens.verify(token);
    identified.then(
      (identity) => {
        if (identity !== null) return admit(request, reply, identity, done);
        refusals.take();
        sendProblem(reply, "unauthenticated");
      },
      (error: unknown) => {
        if (error instanceof StatusplaneError && error.definition.http === 401) refusals.take();
        answerError(error, request, reply);
      },
    );
  };
}

const NOBODY: Promise<null> = Promise.resolve(null);

function admit(request: FastifyRequest, reply: FastifyReply, identity: Identity, done: () => void): void {
  for (const budget of [identity.budget, identity.tenantBudget]) {
    if (budget !== null && budget.isSpent()) return refuse(reply, budget);
  }
  identity.budget.take();
  identity.tenantBudget?.take();
  admitAs(request, identity);
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
 * Keeps every answer of this scope for whoever asked: no cache on the way may store it, and one that stores it nevertheless
 * has to tell sign-ins apart. Progress routes say so themselves.
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

/** @throws {forbidden} unless the sign-in has the role `operator`. */
export function requireOperator(request: FastifyRequest): void {
  const identity = requireIdentity(request);
  if (identity.kind !== "person" || !identity.operator) throw new StatusplaneError("forbidden");
}

import { isId, jobRef, StatusplaneError, type JobRef, type Kind } from "@statusplane/core";
import type { FastifyRequest } from "fastify";
import type { TokenBucket } from "../http/index.ts";

/** Of a token's `sub`; a longer one is nobody's. */
export const SUBJECT_MAX_CHARACTERS = 256;

/** What every identity has. */
export interface IdentityBase {
  /** Unix ms, skew included: from then on the token is not accepted. */
  readonly expiresAtMs: number;
  /** Requests of this token. */
  readonly budget: TokenBucket;
  /** Requests of all of its tenant's tokens together; null: it names no tenant. */
  readonly tenantBudget: TokenBucket | null;
  /** Of them those for a job that is not there: each may cost a statement, and a guesser makes many. */
  readonly misses: TokenBucket;
}

/** Somebody with a sign-in token. */
export interface Person extends IdentityBase {
  readonly kind: "person";
  /** Null: the token names no tenant, or none of the alphabet. */
  readonly tenant: string | null;
  readonly subject: string | null;
  readonly operator: boolean;
}

/** Somebody with a watch token: may read the progress of the jobs it names, nothing else. */
export interface Watcher extends IdentityBase {
  readonly kind: "watcher";
  readonly tenant: string;
  /** `kind:id`, as on the active list. */
  readonly jobs: ReadonlySet<string>;
}

export type Identity = Person | Watcher;

declare module "fastify" {
  interface FastifyRequest {
    /** Null on routes without sign-in. */
    identity: Identity | null;
  }
}

/**
 * Who asks.
 * @throws {unauthenticated} on a route without sign-in.
 */
export function requireIdentity(request: FastifyRequest): Identity {
  if (request.identity === null) throw new StatusplaneError("unauthenticated");
  return request.identity;
}

/**
 * The tenant of the verified token; nothing else of a request can name one.
 * @throws {unauthenticated} without a token; {tenant_required} when it names no tenant.
 */
export function requireTenant(request: FastifyRequest): string {
  const { tenant } = requireIdentity(request);
  if (tenant === null) throw new StatusplaneError("tenant_required");
  return tenant;
}

/** The token's `sub`, null without one. */
export function subjectOf(request: FastifyRequest): string | null {
  return request.identity?.kind === "person" ? request.identity.subject : null;
}

/**
 * The job a route of people names by its `:id`.
 * @throws {record_not_found} for a malformed id too: the same bytes as for an unknown one.
 */
export function recordRef(request: FastifyRequest, kind: Kind): JobRef {
  const tenant = requireTenant(request);
  const { id } = request.params as { readonly id?: string };
  if (!isId(id)) throw new StatusplaneError("record_not_found");
  return jobRef(tenant, kind, id);
}

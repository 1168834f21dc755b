import { isId, jobRef, StatusplaneError, type JobRef, type Kind } from "@statusplane/core";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { TokenBucket } from "../http/index.ts";
import type { Scopes } from "./route-scopes.ts";

/** Of a subject. */
export const SUBJECT_MAX_CHARACTERS = 256;

/** What every identity has. */
export interface IdentityBase {
  /** Null: everything. */
  readonly scopes: Scopes;
  /** Unix ms, skew included: from then on it is not accepted. */
  readonly expiresAtMs: number;
  /** Unix ms: when it says that it ends; what stays open by it does not outlive that. */
  readonly endsAtMs: number;
  /** What counts by it: no spelling of a token changes it. */
  readonly name: string;
  /** Requests of this sign-in. */
  readonly budget: TokenBucket;
  /** Requests of all of its tenant's sign-ins together; null: it names no tenant. */
  readonly tenantBudget: TokenBucket | null;
  /** Of them those for a job that is not there: each may cost a statement, and a guesser makes many. */
  readonly misses: TokenBucket;
}

/** Somebody who has signed in. */
export interface Person extends IdentityBase {
  readonly kind: "person";
  /** Null: the sign-in names none. */
  readonly tenant: string | null;
  readonly subject: string | null;
  /** Groups that the sign-in names. */
  readonly groups: readonly string[];
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

/** A name of our own: an application may have an `identity` on its requests, and a server several mounts. */
const IDENTITY: unique symbol = Symbol("statusplane.identity");

declare module "fastify" {
  interface FastifyRequest {
    [IDENTITY]?: Identity | null;
  }
}

/** Makes room on every request of this scope; without it each request would change its shape. */
export function prepareIdentity(fastify: FastifyInstance): void {
  if (!fastify.hasRequestDecorator(IDENTITY)) fastify.decorateRequest(IDENTITY, null);
}

/** From here on this is who asks. */
export function admitAs(request: FastifyRequest, identity: Identity): void {
  request[IDENTITY] = identity;
}

/** Null on routes without sign-in. */
export function identityOf(request: FastifyRequest): Identity | null {
  return request[IDENTITY] ?? null;
}

/**
 * Who asks.
 * @throws {unauthenticated} on a route without sign-in.
 */
export function requireIdentity(request: FastifyRequest): Identity {
  const identity = identityOf(request);
  if (identity === null) throw new StatusplaneError("unauthenticated");
  return identity;
}

/**
 * The tenant of the sign-in; nothing else of a request can name one.
 * @throws {unauthenticated} without a sign-in; {tenant_required} when it names no tenant.
 */
export function requireTenant(request: FastifyRequest): string {
  const { tenant } = requireIdentity(request);
  if (tenant === null) throw new StatusplaneError("tenant_required");
  return tenant;
}

/** Who watches: somebody of a tenant whom the sign-in names. */
export interface NamedViewer {
  readonly tenant: string;
  readonly subject: string;
  readonly groups: readonly string[];
}

/**
 * Who watches; nothing else of a request can name one.
 * @throws {unauthenticated | tenant_required}; {viewer_required} when the sign-in names nobody.
 */
export function requireViewer(request: FastifyRequest): NamedViewer {
  const tenant = requireTenant(request);
  const identity = requireIdentity(request);
  if (identity.kind !== "person" || identity.subject === null) throw new StatusplaneError("viewer_required");
  return { tenant, subject: identity.subject, groups: identity.groups };
}

/** Groups that the sign-in names. */
export function groupsOf(request: FastifyRequest): readonly string[] {
  const identity = identityOf(request);
  return identity?.kind === "person" ? identity.groups : [];
}

/** Who submits: the sign-in's subject, null without one. */
export function subjectOf(request: FastifyRequest): string | null {
  const identity = identityOf(request);
  return identity?.kind === "person" ? identity.subject : null;
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

import { settlesWithin, StatusplaneError, systemClock } from "@statusplane/core";
import type { FastifyRequest } from "fastify";
import { readGroups, readScopes, readSubject, readTenant } from "./claims.ts";
import type { Identity } from "./identity.ts";
import { networkOf, type Limits } from "./limits.ts";
import type { Origins } from "./origins.ts";

/** Somebody whom an application has signed in. */
export interface SignedIn {
  /** `[A-Za-z0-9_-]{1,64}`; an integer is taken as its digits. Null: of no tenant, as an operator may be. */
  readonly tenant: string | number | null;
  /** Who it is, 1–256 characters: kept as `created_by` with what this person submits. Default: nobody in particular. */
  readonly subject?: string | number | null;
  /** Groups that this person is in, as policies of views name them. Default: none. */
  readonly groups?: readonly string[] | null;
  /** Whether `/metrics` may be read. Default false. */
  readonly operator?: boolean;
  /** What may be done, as the claim `scope`. Default: everything. */
  readonly scope?: string | readonly string[] | null;
}

/**
 * An application's own sign-in: who asks, by cookie, session, API key or anything else; null for nobody (401). What it
 * throws is answered by its code when it is a `StatusplaneError` ({sign_in_unavailable}: 503), else 500; nobody is let in.
 *
 * @example
 * const authenticate: Authenticate = async (request) => {
 *   const user = await sessions.find(request.headers.cookie);
 *   return user === null ? null : { tenant: user.companyId, subject: user.email };
 * };
 */
export type Authenticate = (request: FastifyRequest) => Promise<SignedIn | null> | SignedIn | null;

/** What an application said, before each member is looked at. */
type Said = Readonly<Record<keyof SignedIn, unknown>>;

export interface OwnSignInOptions {
  readonly authenticate: Authenticate;
  readonly limits: Limits;
  readonly origins: Origins;
  /** How long `authenticate` may take, ms. Default 10,000. */
  readonly deadlineMs?: number;
}

/** Methods that change nothing (RFC 9110, 9.2.1). */
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const DEADLINE_MS = 10_000;

/** Lets in whom the application knows, by the same rules as a token's owner. */
export class OwnSignIn {
  readonly #authenticate: Authenticate;
  readonly #limits: Limits;
  readonly #origins: Origins;
  readonly #deadlineMs: number;

  constructor({ authenticate, limits, origins, deadlineMs = DEADLINE_MS }: OwnSignInOptions) {
    this.#deadlineMs = deadlineMs;
    this.#authenticate = authenticate;
    this.#limits = limits;
    this.#origins = origins;
  }

  /**
   * Who asks; null: nobody.
   * @throws {claim_invalid} for a tenant, subject or scope that does not fit; {internal_error} for what the application
   * throws, unless that has a code, and for an answer that is neither somebody nor nobody; {sign_in_unavailable} where it
   * does not answer in time.
   */
  async identify(request: FastifyRequest): Promise<Identity | null> {
    const said = await this.#ask(request);
    if (said === null) return null;
    const tenant = readTenant(said.tenant, "tenant");
    const subject = readSubject(said.subject, "subject");
    return {
      kind: "person",
      tenant,
      subject,
      groups: readGroups(said.groups, "groups"),
      operator: said.operator === true,
      scopes: readScopes(said.scope, "scope"),
      expiresAtMs: Number.POSITIVE_INFINITY, // asked again at each request
      endsAtMs: Number.POSITIVE_INFINITY,
      ...this.#limits.ofToken(JSON.stringify([tenant, subject ?? networkOf(request.ip)])),
      tenantBudget: tenant === null ? null : this.#limits.ofTenant(tenant),
    };
  }

  async #ask(request: FastifyRequest): Promise<Said | null> {
    try {
      const asked = this.#authenticate(request);
      if (!isPromise(asked)) return assertSomebody(asked); // a poll's way: no timer
      const said = Promise.resolve(asked);
      if (!(await settlesWithin(systemClock, this.#deadlineMs, said))) {
        throw new StatusplaneError("sign_in_unavailable", { detail: "authenticate did not answer in time" });
      }
      return assertSomebody(await said);
    } catch (error) {
      throw error instanceof StatusplaneError
        ? error
        : new StatusplaneError("internal_error", { cause: error });
    }
  }

  /** Whether a request may change something: one that does not need ask no page where it is from. */
  mayChange(request: FastifyRequest): boolean {
    return SAFE_METHODS.has(request.method) || this.#origins.mayAct(request);
  }
}

/**
 * Who it is; null for false and its like, as `session && { … }` answers them. Anything else must not count as somebody of no
 * tenant who may do everything.
 */
function assertSomebody(said: unknown): Said | null {
  if (!said) return null;
  if (typeof said !== "object" || !("tenant" in said)) {
    throw new TypeError("authenticate answers { tenant, … }, or null for nobody");
  }
  const { tenant, subject, groups, operator, scope } = said as Said;
  return { tenant, subject, groups, operator, scope };
}

/** Also one that a library made: not every promise is of the language's own class. */
function isPromise<T>(asked: Promise<T> | T): asked is Promise<T> {
  return typeof (asked as { readonly then?: unknown } | null)?.then === "function";
}

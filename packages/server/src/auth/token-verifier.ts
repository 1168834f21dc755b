import { StatusplaneError } from "@statusplane/core";
import { decodeJwt, errors, jwtVerify, type JWTPayload } from "jose";
import { hash } from "node:crypto";
import {
  GROUPS_CLAIM,
  SCOPE_CLAIM,
  subjectClaimOf,
  TENANT_CLAIM,
  invalid,
  readGroups,
  readScopes,
  readSubject,
  readTenant,
  type ClaimNames,
} from "./claims.ts";
import type { Identity, IdentityBase } from "./identity.ts";
import type { Limits } from "./limits.ts";
import type { Scopes } from "./route-scopes.ts";
import { SKEW_SECONDS, type SignInRules } from "./sign-in.ts";
import { jobsOfWatchToken, WATCH_AUDIENCE, type WatchTokens } from "./watch-tokens.ts";

export interface TokenVerifierOptions {
  /** Null: sign-in tokens are the application's own. */
  readonly signIn: SignInRules | null;
  /** Where a sign-in token says whose it is. */
  readonly claims?: ClaimNames;
  /** Null: there are none. */
  readonly watchTokens: WatchTokens | null;
  readonly limits: Limits;
  /** The only tenants that sign-in tokens may name; null: any. */
  readonly tenants?: ReadonlySet<string> | null;
  /** Verified tokens remembered at most; the oldest goes first. Default 20,000: more people than one process serves. */
  readonly remembered?: number;
  /** Unix ms. Default: `Date.now`. */
  readonly now?: () => number;
}

/** About 1 kB each. With more in turn each would be forgotten just before it comes again. */
const REMEMBERED = 20_000;

/**
 * Verifies tokens, and remembers each verified one until it expires: a known token costs one map lookup. What counts its
 * requests outlives that memory, and is kept by what is signed: of one token there can be several signatures, and of one
 * signature several spellings.
 */
export class TokenVerifier {
  readonly limits: Limits;
  readonly #options: TokenVerifierOptions;
  readonly #now: () => number;
  readonly #known = new Map<string, Identity>();
  readonly #underWay = new Map<string, Promise<Identity>>();

  constructor(options: TokenVerifierOptions) {
    this.limits = options.limits;
    this.#options = options;
    this.#now = options.now ?? (() => Date.now());
  }

  /** The identity of a token verified before; null: it has to be verified (again). */
  known(token: string): Identity | null {
    const identity = this.#known.get(token);
    if (identity === undefined) return null;
    if (identity.expiresAtMs > this.#now()) return identity;
    this.#known.delete(token);
    return null;
  }

  /** Whether a token is one that only its verification here can accept; any other is the application's own. */
  isOurs(token: string): boolean {
    const claims = peek(token);
    return claims !== null && (this.#options.signIn !== null || claims.aud === WATCH_AUDIENCE);
  }

  /**
   * @throws {unauthenticated} when the token is none of ours or has expired; {tenant_required | claim_missing |
   * claim_invalid} when a claim of it does not fit, with its name;
   * {sign_in_unavailable} when the key set does not answer.
   */
  verify(token: string): Promise<Identity> {
    // One verification for all who bring a token at once.
    const underWay = this.#underWay.get(token);
    if (underWay !== undefined) return underWay;
    const verifying = this.#verify(token).finally(() => this.#underWay.delete(token));
    this.#underWay.set(token, verifying);
    return verifying;
  }

  async #verify(token: string): Promise<Identity> {
    const identity = await this.#identify(token);
    if (identity.expiresAtMs > this.#now()) this.#remember(token, identity);
    return identity;
  }

  async #identify(token: string): Promise<Identity> {
    // Read before it is verified: only to choose which key and rules must accept it.
    return peek(token)?.aud === WATCH_AUDIENCE ? this.#identifyWatcher(token) : this.#identifyPerson(token);
  }

  async #identifyPerson(token: string): Promise<Identity> {
    const { signIn, tenants = null } = this.#options;
    if (signIn === null) throw new StatusplaneError("unauthenticated");
    const { key, options } = signIn;
    const claims = await verified(
      typeof key === "function"
        ? jwtVerify(token, key, this.#at(options))
        : jwtVerify(token, key, this.#at(options)),
    );
    const { tenant: tenantClaim = TENANT_CLAIM, ...names } = this.#options.claims ?? {};
    const subject = subjectClaimOf(names.subject, claims);
    const tenant = readTenant(claims[tenantClaim], tenantClaim, "tenant_required");
    if (tenants !== null && (tenant === null || !tenants.has(tenant))) {
      throw invalid(tenantClaim, "this server has demo tenants alone");
    }
    return {
      kind: "person",
      tenant,
      subject: readSubject(claims[subject], subject),
      groups: readGroups(claims[GROUPS_CLAIM], GROUPS_CLAIM),
      operator: claims["role"] === "operator",
      scopes: readScopes(claims[SCOPE_CLAIM], SCOPE_CLAIM),
      ...this.#counted(token, tenant, claims),
    };
  }

  async #identifyWatcher(token: string): Promise<Identity> {
    const { watchTokens } = this.#options;
    if (watchTokens === null) throw new StatusplaneError("unauthenticated");
    const claims = await verified(jwtVerify(token, watchTokens.key, this.#at(watchTokens.rules)));
    const tenant = readTenant(claims[TENANT_CLAIM], TENANT_CLAIM);
    if (tenant === null) throw new StatusplaneError("claim_missing", { detail: TENANT_CLAIM });
    return {
      kind: "watcher",
      tenant,
      jobs: jobsOfWatchToken(claims),
      scopes: WATCHER_SCOPES,
      ...this.#counted(token, tenant, claims),
    };
  }

  #at<T extends object>(rules: T): T & { readonly currentDate: Date } {
    return { ...rules, currentDate: new Date(this.#now()) };
  }

  #counted(token: string, tenant: string | null, claims: JWTPayload): Omit<IdentityBase, "scopes"> {
    const { exp: endsAtSeconds = 0 } = claims;
    return {
      expiresAtMs: (endsAtSeconds + SKEW_SECONDS) * 1_000,
      endsAtMs: endsAtSeconds * 1_000,
      ...this.limits.ofToken(hash("sha256", token.slice(0, token.lastIndexOf(".")), "base64url")),
      tenantBudget: tenant === null ? null : this.limits.ofTenant(tenant),
    };
  }

  #remember(token: string, identity: Identity): void {
    const most = this.#options.remembered ?? REMEMBERED;
    if (this.#known.size >= most) {
      const oldest = this.#known.keys().next();
      if (oldest.done !== true) this.#known.delete(oldest.value);
    }
    this.#known.set(token, identity);
  }
}

/** All that a watch token is for. */
const WATCHER_SCOPES: Scopes = new Set(["watch"]);

/** jose throws its own classes for what is wrong with a token, and one for a key set; all else is no token's fault. */
async function verified(verification: Promise<{ readonly payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await verification).payload;
  } catch (error) {
    if (error instanceof StatusplaneError) throw error;
    if (error instanceof errors.JWTExpired) {
      throw new StatusplaneError("unauthenticated", { detail: EXPIRED, cause: error });
    }
    if (error instanceof errors.JWTClaimValidationFailed) throw wrongClaim(error);
    const faultOfToken =
      (error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid)) ||
      error instanceof SyntaxError;
    throw new StatusplaneError(faultOfToken ? "unauthenticated" : "sign_in_unavailable", { cause: error });
  }
}

/** Not a claim that is wrong: signing in anew mends it. */
const EXPIRED = "exp: the token has expired";

const WRONG: Readonly<Record<string, string>> = {
  exp: "its time is no number",
  nbf: "the token is not valid yet, or its time is no number",
  iss: "not the issuer whose tokens are accepted here",
  aud: "the token is not for this server",
};

/** Said only of a token whose signature is right: whoever forges one learns nothing. */
function wrongClaim(error: errors.JWTClaimValidationFailed): StatusplaneError {
  const { claim, reason } = error;
  if (reason === "missing") return new StatusplaneError("claim_missing", { detail: claim, cause: error });
  return invalid(claim, WRONG[claim] ?? "not what it must be", error);
}

/** What a token says, unverified; null: it is no token of this kind. */
function peek(token: string): JWTPayload | null {
  try {
    return decodeJwt(token);
  } catch {
    return null;
  }
}

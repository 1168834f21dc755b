import { isId, isStorableText, StatusplaneError } from "@statusplane/core";
import { decodeJwt, errors, jwtVerify, type JWTPayload } from "jose";
import { hash } from "node:crypto";
import { SUBJECT_MAX_CHARACTERS, type Identity, type IdentityBase } from "./identity.ts";
import type { Limits } from "./limits.ts";
import { SKEW_SECONDS, type SignInRules } from "./sign-in.ts";
import { jobsOfWatchToken, WATCH_AUDIENCE, type WatchTokens } from "./watch-tokens.ts";

export interface TokenVerifierOptions {
  readonly signIn: SignInRules;
  readonly watchTokens: WatchTokens;
  readonly limits: Limits;
  /** The only tenants that sign-in tokens may name; null: any. */
  readonly tenants?: ReadonlySet<string> | null;
  /** Verified tokens remembered at most; the oldest goes first. Default 10,000. */
  readonly remembered?: number;
  /** Unix ms. Default: `Date.now`. */
  readonly now?: () => number;
}

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

  /** @throws {unauthenticated} whatever is wrong with the token; {sign_in_unavailable} when the key set does not answer. */
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
    return audienceOf(token) === WATCH_AUDIENCE ? this.#identifyWatcher(token) : this.#identifyPerson(token);
  }

  async #identifyPerson(token: string): Promise<Identity> {
    const { key, options } = this.#options.signIn;
    const claims = await verified(
      typeof key === "function"
        ? jwtVerify(token, key, this.#at(options))
        : jwtVerify(token, key, this.#at(options)),
    );
    const tenant = tenantOf(claims);
    const { tenants = null } = this.#options;
    if (tenants !== null && (tenant === null || !tenants.has(tenant))) {
      throw new StatusplaneError("unauthenticated");
    }
    return {
      kind: "person",
      tenant,
      subject: subjectOf(claims),
      operator: claims["role"] === "operator",
      ...this.#counted(token, tenant, claims),
    };
  }

  async #identifyWatcher(token: string): Promise<Identity> {
    const { key, rules } = this.#options.watchTokens;
    const claims = await verified(jwtVerify(token, key, this.#at(rules)));
    const tenant = tenantOf(claims);
    if (tenant === null) throw new StatusplaneError("unauthenticated");
    return {
      kind: "watcher",
      tenant,
      jobs: jobsOfWatchToken(claims),
      ...this.#counted(token, tenant, claims),
    };
  }

  #at<T extends object>(rules: T): T & { readonly currentDate: Date } {
    return { ...rules, currentDate: new Date(this.#now()) };
  }

  #counted(token: string, tenant: string | null, claims: JWTPayload): IdentityBase {
    return {
      expiresAtMs: ((claims.exp ?? 0) + SKEW_SECONDS) * 1_000,
      ...this.limits.ofToken(hash("sha256", token.slice(0, token.lastIndexOf(".")), "base64url")),
      tenantBudget: tenant === null ? null : this.limits.ofTenant(tenant),
    };
  }

  #remember(token: string, identity: Identity): void {
    const most = this.#options.remembered ?? 10_000;
    if (this.#known.size >= most) {
      const oldest = this.#known.keys().next();
      if (oldest.done !== true) this.#known.delete(oldest.value);
    }
    this.#known.set(token, identity);
  }
}

/** jose throws its own classes for what is wrong with a token, and one for a key set; all else is no token's fault. */
async function verified(verification: Promise<{ readonly payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await verification).payload;
  } catch (error) {
    if (error instanceof StatusplaneError) throw error;
    const faultOfToken =
      (error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid)) ||
      error instanceof SyntaxError;
    throw new StatusplaneError(faultOfToken ? "unauthenticated" : "sign_in_unavailable", { cause: error });
  }
}

function audienceOf(token: string): unknown {
  try {
    return decodeJwt(token).aud;
  } catch {
    return undefined; // not a token: its verification says so
  }
}

/** A tenant id as a string of the alphabet; an integer is taken as its digits. */
function tenantOf(claims: JWTPayload): string | null {
  const tenant = claims["tenant_id"];
  const text = Number.isSafeInteger(tenant) ? String(tenant) : tenant;
  return isId(text) ? text : null;
}

/** Kept with what the token's owner submits, so it must be a text that can be stored. */
function subjectOf({ sub }: JWTPayload): string | null {
  return typeof sub === "string" && sub.length <= SUBJECT_MAX_CHARACTERS && isStorableText(sub) ? sub : null;
}

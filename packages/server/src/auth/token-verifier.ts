import { isId, isStorableText, StatusplaneError } from "@statusplane/core";
import { decodeJwt, errors, jwtVerify, type JWTPayload } from "jose";
import { TokenBucket } from "../http/index.ts";
import type { Identity } from "./identity.ts";
import { SKEW_SECONDS, type SignInRules } from "./sign-in.ts";
import { jobsOfWatchToken, WATCH_AUDIENCE, type WatchTokens } from "./watch-tokens.ts";

export interface TokenVerifierOptions {
  readonly signIn: SignInRules;
  readonly watchTokens: WatchTokens;
  /** Requests per token and minute. */
  readonly requestsPerMinute: number;
  /** Of them, requests per token and minute for jobs that are not there. */
  readonly missesPerMinute: number;
  /** Verified tokens remembered at most; the oldest goes first. Default 10,000. */
  readonly remembered?: number;
  /** Unix ms. Default: `Date.now`. */
  readonly now?: () => number;
}

/** A token is allowed a burst of this many seconds' worth of requests. */
const BURST_SECONDS = 10;

/**
 * Verifies tokens, and remembers each verified one until it expires: a known token costs one map lookup. Keyed by the
 * whole Authorization header, as it came.
 */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  readonly #now: () => number;
  readonly #known = new Map<string, Identity>();
  readonly #underWay = new Map<string, Promise<Identity>>();

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => Date.now());
  }

  /** The identity of a token verified before; null: it has to be verified (again). */
  known(header: string): Identity | null {
    const identity = this.#known.get(header);
    if (identity === undefined) return null;
    if (identity.expiresAtMs > this.#now()) return identity;
    this.#known.delete(header);
    return null;
  }

  /**
   * @param header the whole `Authorization` header.
   * @throws {unauthenticated} whatever is wrong with the token; {sign_in_unavailable} when the key set does not answer.
   */
  verify(header: string): Promise<Identity> {
    // One verification for all who bring a token at once: they also share its budget.
    const underWay = this.#underWay.get(header);
    if (underWay !== undefined) return underWay;
    const verifying = this.#verify(header).finally(() => this.#underWay.delete(header));
    this.#underWay.set(header, verifying);
    return verifying;
  }

  async #verify(header: string): Promise<Identity> {
    const token = /^bearer +([A-Za-z0-9_.-]+) *$/i.exec(header)?.[1];
    if (token === undefined) throw new StatusplaneError("unauthenticated");
    const identity = await this.#identify(token);
    if (identity.expiresAtMs > this.#now()) this.#remember(header, identity);
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
    return {
      kind: "person",
      tenant: tenantOf(claims),
      subject: subjectOf(claims),
      operator: claims["role"] === "operator",
      ...this.#limits(claims),
    };
  }

  async #identifyWatcher(token: string): Promise<Identity> {
    const { key, rules } = this.#options.watchTokens;
    const claims = await verified(jwtVerify(token, key, this.#at(rules)));
    const tenant = tenantOf(claims);
    if (tenant === null) throw new StatusplaneError("unauthenticated");
    return { kind: "watcher", tenant, jobs: jobsOfWatchToken(claims), ...this.#limits(claims) };
  }

  #at<T extends object>(rules: T): T & { readonly currentDate: Date } {
    return { ...rules, currentDate: new Date(this.#now()) };
  }

  #limits(claims: JWTPayload): Pick<Identity, "expiresAtMs" | "budget" | "misses"> {
    const { requestsPerMinute, missesPerMinute } = this.#options;
    return {
      expiresAtMs: ((claims.exp ?? 0) + SKEW_SECONDS) * 1_000,
      budget: bucketOf(requestsPerMinute),
      misses: bucketOf(missesPerMinute),
    };
  }

  #remember(header: string, identity: Identity): void {
    const most = this.#options.remembered ?? 10_000;
    if (this.#known.size >= most) {
      const oldest = this.#known.keys().next();
      if (oldest.done !== true) this.#known.delete(oldest.value);
    }
    this.#known.set(header, identity);
  }
}

function bucketOf(perMinute: number): TokenBucket {
  const perSecond = perMinute / 60;
  return new TokenBucket({ perSecond, burst: Math.max(10, perSecond * BURST_SECONDS) });
}

async function verified(verification: Promise<{ readonly payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await verification).payload;
  } catch (error) {
    const faultOfKeySet =
      error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || isFetchError(error);
    throw new StatusplaneError(faultOfKeySet ? "sign_in_unavailable" : "unauthenticated", { cause: error });
  }
}

/** jose throws its own classes for what is wrong with a token; a key set that cannot be fetched is something else. */
function isFetchError(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return !(error instanceof SyntaxError);
  return error.code === "ERR_JOSE_GENERIC";
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
  return typeof sub === "string" && sub.length <= 256 && isStorableText(sub) ? sub : null;
}

import { keyInTenant, StatusplaneError, type JobRef } from "@statusplane/core";
import { SignJWT, type JWTPayload, type JWTVerifyOptions } from "jose";
import type { webcrypto } from "node:crypto";
import { hmacKey, SKEW_SECONDS } from "./sign-in.ts";

/** The `aud` that makes a token a watch token, and nothing but one. */
export const WATCH_AUDIENCE = "statusplane:watch";
/** Life of a watch token, seconds. */
export const WATCH_TOKEN_SECONDS = 900;
/** A watch token travels in a header of at most 8 KiB. */
const TOKEN_MAX_CHARACTERS = 7_500;

export interface WatchToken {
  readonly token: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** Mints tokens that name jobs of one tenant, and gives the rules that verify them. */
export class WatchTokens {
  readonly key: webcrypto.CryptoKey;
  readonly rules: JWTVerifyOptions = {
    algorithms: ["HS256"],
    audience: WATCH_AUDIENCE,
    requiredClaims: ["exp"],
    clockTolerance: SKEW_SECONDS,
  };

  private constructor(key: webcrypto.CryptoKey) {
    this.key = key;
  }

  static async withKey(bytes: Uint8Array): Promise<WatchTokens> {
    return new WatchTokens(await hmacKey(bytes));
  }

  /**
   * A token for the progress of these jobs, whether they exist or not.
   * @throws {too_many_refs} when their ids do not fit into a header.
   */
  async mint(tenant: string, refs: readonly JobRef[]): Promise<WatchToken> {
    const expiresAtSeconds = Math.floor(Date.now() / 1_000) + WATCH_TOKEN_SECONDS;
    const token = await new SignJWT({ tenant_id: tenant, jobs: refs.map(keyInTenant) })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setAudience(WATCH_AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(expiresAtSeconds)
      .sign(this.key);
    if (token.length > TOKEN_MAX_CHARACTERS) throw new StatusplaneError("too_many_refs");
    return { token, expiresAt: new Date(expiresAtSeconds * 1_000).toISOString() };
  }
}

/** The jobs a verified watch token names. */
export function jobsOfWatchToken(claims: JWTPayload): ReadonlySet<string> {
  const jobs = claims["jobs"];
  return new Set(Array.isArray(jobs) ? jobs.filter((each) => typeof each === "string") : []);
}

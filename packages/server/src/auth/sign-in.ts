import type { FetchImplementation, JWTVerifyGetKey, JWTVerifyOptions } from "jose";
import { webcrypto } from "node:crypto";
import type { ClaimNames } from "./claims.ts";
import { KeySet } from "./key-set.ts";
import { assertLong } from "./signing-keys.ts";

interface SignInBase {
  /** Where a token says whose it is. Default: `tenant_id` and `sub`. */
  readonly claims?: ClaimNames;
  /** Required `iss`. Default: any or none. */
  readonly issuer?: string | null;
  /** Required `aud`. Default: any or none. */
  readonly audience?: string | null;
}

/** HS256 with a secret of 32 bytes or more. */
export interface SecretSignIn extends SignInBase {
  readonly kind: "secret";
  readonly secret: string;
}

/** How sign-in tokens are verified; which of the two it is decides the accepted algorithms. */
export type SignInOptions =
  | SecretSignIn
  /** RS, PS, ES or EdDSA by a key set. */
  | (SignInBase & {
      readonly kind: "jwks";
      readonly url: string;
      /** Fetches the key set. Default: the global `fetch`. */
      readonly fetch?: FetchImplementation;
    });

const ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
/** How far clocks may differ. */
export const SKEW_SECONDS = 30;

/** What a verification needs: key and rules, made once. */
export interface SignInRules {
  readonly key: webcrypto.CryptoKey | JWTVerifyGetKey;
  readonly options: JWTVerifyOptions;
}

/**
 * Key and rules of sign-in tokens. The key comes from configuration alone: `kid` chooses within the key set, `jku`,
 * `jwk` and `x5u` in a token mean nothing.
 * @param onKeySetFailure told of each fetch of the key set that failed.
 * @throws {TypeError} for a secret under 32 bytes or a URL that is none.
 */
export async function signInRules(
  signIn: SignInOptions,
  onKeySetFailure?: (error: unknown) => void,
): Promise<SignInRules> {
  const options: JWTVerifyOptions = {
    requiredClaims: ["exp"],
    clockTolerance: SKEW_SECONDS,
    algorithms: signIn.kind === "secret" ? ["HS256"] : ASYMMETRIC,
    ...(isSet(signIn.issuer) ? { issuer: signIn.issuer } : {}),
    ...(isSet(signIn.audience) ? { audience: signIn.audience } : {}),
  };
  if (signIn.kind === "secret") {
    return { key: await hmacKey(new TextEncoder().encode(assertLong(signIn.secret))), options };
  }
  const { url, fetch } = signIn;
  const keySet = new KeySet({
    url: new URL(url).href,
    ...(fetch === undefined ? {} : { fetch }),
    ...(onKeySetFailure === undefined ? {} : { onFailure: onKeySetFailure }),
  });
  return { key: keySet.key, options };
}

function isSet(value: string | null | undefined): value is string {
  return typeof value === "string" && value !== "";
}

/** An HS256 key, imported once: importing it at each verification would cost as much again. */
export function hmacKey(bytes: Uint8Array): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
}

import { SignJWT } from "jose";
import { SCOPE_CLAIM, subjectClaimOf, TENANT_CLAIM } from "./claims.ts";
import type { SecretSignIn } from "./sign-in.ts";

/** What a minted token says. */
export interface TokenContent {
  readonly tenant: string;
  readonly subject: string;
  /** Whole seconds until it expires, ≥ 1. */
  readonly lifeSeconds: number;
  /** Adds `role: "operator"`. Default false. */
  readonly operator?: boolean;
  /** What it may do. Default: everything. */
  readonly scopes?: readonly string[];
  /** Groups of the subject. Default: none are named. */
  readonly groups?: readonly string[];
}

/**
 * Makes a sign-in token that these rules let in: HS256, with the claims, issuer and audience that they ask for.
 * @returns the token, and when it expires.
 */
export async function mintToken(
  { secret, claims = {}, issuer, audience }: SecretSignIn,
  { tenant, subject, lifeSeconds, operator = false, scopes, groups }: TokenContent,
): Promise<{ readonly token: string; readonly expiresAt: Date }> {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const expiresAt = new Date((nowSeconds + lifeSeconds) * 1_000);
  const token = new SignJWT({
    [subjectClaimOf(claims.subject)]: subject,
    [claims.tenant ?? TENANT_CLAIM]: tenant, // the last: where one claim is both, it names the tenant that was asked for
    ...(operator ? { role: "operator" } : {}),
    ...(scopes === undefined ? {} : { [SCOPE_CLAIM]: scopes.join(" ") }),
    ...(groups === undefined ? {} : { groups }),
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuedAt(nowSeconds)
    .setExpirationTime(expiresAt);
  if (issuer) token.setIssuer(issuer);
  if (audience) token.setAudience(audience);
  return { token: await token.sign(new TextEncoder().encode(secret)), expiresAt };
}

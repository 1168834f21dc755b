import { SignJWT, type JWTPayload } from "jose";

export const SECRET = "a secret of at least thirty-two bytes, for tests";

/** A sign-in token: HS256, an hour, whatever claims. */
export function signedToken(claims: JWTPayload, secret = SECRET): Promise<string> {
  return new SignJWT({ sub: "alice", ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime(claims.exp ?? "1h")
    .sign(new TextEncoder().encode(secret));
}

/** The Authorization header of a tenant. */
export async function signedIn(
  tenant: string | number,
  claims: JWTPayload = {},
): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await signedToken({ tenant_id: tenant, ...claims })}` };
}

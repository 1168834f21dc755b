import { isMembers, numberOrNull, readEach, textOrNull } from "@statusplane/client";

/** What the page shows of a token. It proves nothing: the server checks the signature at every request. */
export interface TokenClaims {
  readonly tenant: string | null;
  readonly role: string | null;
  /** Who it is; null when the token does not say. */
  readonly subject: string | null;
  /** Null: everything is allowed. */
  readonly scopes: readonly string[] | null;
  /** Unix ms; null when the token does not say. */
  readonly expiresAtMs: number | null;
}

const MS_PER_S = 1_000;

function decodePart(part: string): unknown {
  const base64 = part.replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The claims of a JWT, unverified; null for what is no JWT. */
export function readTokenClaims(token: string): TokenClaims | null {
  const parts = token.split(".");
  const [, body] = parts;
  if (parts.length !== 3 || body === undefined) return null;
  let claims: unknown;
  try {
    claims = decodePart(body);
  } catch {
    return null; // not base64url of JSON: no token
  }
  if (!isMembers(claims)) return null;
  const { tenant_id: tenant, role, exp, sub, scope } = claims;
  const expiresAtS = numberOrNull(exp);
  return {
    tenant: textOrNull(typeof tenant === "number" ? String(tenant) : tenant),
    role: textOrNull(role),
    subject: textOrNull(typeof sub === "number" ? String(sub) : sub),
    scopes:
      typeof scope === "string"
        ? scope.split(" ")
        : Array.isArray(scope)
          ? readEach(scope, textOrNull)
          : null,
    expiresAtMs: expiresAtS === null ? null : expiresAtS * MS_PER_S,
  };
}

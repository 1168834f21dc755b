import { hkdfSync } from "node:crypto";
import type { SignInOptions } from "./sign-in.ts";

/** One key per purpose, so that nothing signed for one is ever valid for the other. */
export interface SigningKeys {
  readonly watchTokens: Uint8Array;
  readonly playback: Uint8Array;
}

const KEY_BYTES = 32;
const SECRET_MIN_BYTES = 32;

/**
 * The keys of watch tokens and playback URLs: from `SIGNING_SECRET`, else derived from `JWT_SECRET` by HKDF.
 * @throws {TypeError} for a secret under 32 bytes.
 */
export function signingKeys(signIn: SignInOptions): SigningKeys {
  const secret =
    signIn.signingSecret ??
    (signIn.kind === "secret" ? derive(assertLong(signIn.secret), "signing-secret") : "");
  return {
    watchTokens: derive(assertLong(secret), "watch-tokens"),
    playback: derive(secret, "playback"),
  };
}

/** @throws {TypeError} for a secret under 32 bytes. */
export function assertLong<T extends string | Uint8Array>(secret: T): T {
  if (Buffer.byteLength(secret) < SECRET_MIN_BYTES) {
    throw new TypeError(`a secret needs ${SECRET_MIN_BYTES} bytes or more`);
  }
  return secret;
}

function derive(secret: string | Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "", `statusplane:${purpose}:1`, KEY_BYTES));
}

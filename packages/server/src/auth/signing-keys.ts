import { hkdfSync } from "node:crypto";
import type { SignInOptions } from "./sign-in.ts";

/** One key per purpose, so that nothing signed for one is ever valid for the other. */
export interface SigningKeys {
  readonly watchTokens: Uint8Array;
  readonly playback: Uint8Array;
  /** Names readers without telling who they are. */
  readonly readers: Uint8Array;
}

const KEY_BYTES = 32;
const SECRET_MIN_BYTES = 32;

/**
 * The keys of watch tokens and playback URLs.
 * @param signingSecret where they come from; null: the secret of sign-in tokens, by HKDF.
 * @returns null where there is no secret at all.
 * @throws {TypeError} for a secret under 32 bytes.
 */
export function signingKeys(
  signIn: SignInOptions | null,
  signingSecret: string | null = null,
): SigningKeys | null {
  const secret =
    signingSecret ?? (signIn?.kind === "secret" ? derive(assertLong(signIn.secret), "signing-secret") : null);
  if (secret === null) return null;
  return {
    watchTokens: derive(assertLong(secret), "watch-tokens"),
    playback: derive(secret, "playback"),
    readers: derive(secret, "readers"),
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

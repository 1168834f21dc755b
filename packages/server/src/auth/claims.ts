import { isId, isStorableText, StatusplaneError } from "@statusplane/core";
import { SUBJECT_MAX_CHARACTERS } from "./identity.ts";
import type { Scopes } from "./route-scopes.ts";

/** Which claims of a token name its tenant and its subject. */
export interface ClaimNames {
  /** Default `tenant_id`. */
  readonly tenant?: string;
  /** Of several the first that a token has, e.g. `["member_no", "sub"]`. Default `sub`. */
  readonly subject?: string | readonly string[];
}

export const TENANT_CLAIM = "tenant_id";
export const SUBJECT_CLAIM = "sub";
export const SCOPE_CLAIM = "scope";
export const GROUPS_CLAIM = "groups";
/** Of a sign-in. */
const MAX_GROUPS = 100;

/**
 * A tenant id as a string of the alphabet; an integer is taken as its digits. Null: there is none.
 * @param name what the answer calls it.
 * @throws what `code` says: {claim_invalid}, or of a token {tenant_required}, as where there is none.
 */
export function readTenant(
  value: unknown,
  name: string,
  code: "claim_invalid" | "tenant_required" = "claim_invalid",
): string | null {
  if (value === undefined || value === null) return null;
  const text = textOf(value);
  if (!isId(text)) {
    throw new StatusplaneError(code, { detail: `${name}: 1–64 letters A–Z a–z, digits, _ or -` });
  }
  return text;
}

/** The claim of these claims that names the subject; where none of them does, the last. */
export function subjectClaimOf(
  names: ClaimNames["subject"] = SUBJECT_CLAIM,
  claims: Readonly<Record<string, unknown>> = {},
): string {
  const each = [names].flat();
  return each.find((name) => (claims[name] ?? null) !== null) ?? each.at(-1) ?? SUBJECT_CLAIM;
}

/**
 * Who it is; kept with what this person submits, so it must be a text that can be stored. Null: it is not said.
 * @throws {claim_invalid}
 */
export function readSubject(value: unknown, name: string): string | null {
  if (value === undefined || value === null) return null;
  const text = textOf(value);
  const fits = typeof text === "string" && text !== "" && text.length <= SUBJECT_MAX_CHARACTERS;
  if (!fits || !isStorableText(text)) throw invalid(name, `text of 1–${SUBJECT_MAX_CHARACTERS} characters`);
  return text;
}

/**
 * What it may do: words with blanks between them (RFC 8693), or a list of words. Words that no route knows mean nothing.
 * Null: nothing is said, and everything is allowed.
 * @throws {claim_invalid} for anything else, which must not count as everything.
 */
export function readScopes(value: unknown, name: string): Scopes {
  if (value === undefined || value === null) return null;
  const words = typeof value === "string" ? value.split(" ").filter((word) => word !== "") : value;
  if (!Array.isArray(words) || !words.every((word): word is string => typeof word === "string")) {
    throw invalid(name, "words with blanks between them, or a list of words");
  }
  return new Set(words);
}

/**
 * Which groups somebody is in: a list of texts. Nothing said: in none.
 * @throws {claim_invalid} for anything else, which must not count as none.
 */
export function readGroups(value: unknown, name: string): readonly string[] {
  if (value === undefined || value === null) return [];
  const fits =
    Array.isArray(value) &&
    value.length <= MAX_GROUPS &&
    value.every((each) => typeof each === "string" && each.length <= SUBJECT_MAX_CHARACTERS);
  if (!fits) throw invalid(name, `a list of at most ${MAX_GROUPS} texts`);
  return value as readonly string[];
}

/** What does not fit. */
export function invalid(name: string, what: string, cause?: unknown): StatusplaneError {
  return new StatusplaneError("claim_invalid", {
    detail: `${name}: ${what}`,
    ...(cause === undefined ? {} : { cause }),
  });
}

function textOf(value: unknown): unknown {
  return Number.isSafeInteger(value) ? String(value) : value;
}

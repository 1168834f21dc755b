import { StatusplaneError } from "@statusplane/core";

/** Longest student number, in bytes of UTF-8: 64 characters of at most 3. */
const MAX_BYTES = 192;

/** Where a page by student number ends, as its next page names it. */
export function encodeCursor(studentNo: string): string {
  return Buffer.from(studentNo).toString("base64url");
}

/**
 * The number after which a page begins; "" for the first page.
 * @throws {invalid_request} for a cursor that is not ours.
 */
export function decodeCursor(cursor: string | null): string {
  if (cursor === null) return "";
  const bytes = Buffer.from(cursor, "base64url");
  const text = bytes.toString("utf8");
  const ours = bytes.toString("base64url") === cursor && Buffer.from(text).equals(bytes);
  if (!ours || text === "" || bytes.length > MAX_BYTES || text.includes("\0")) {
    throw new StatusplaneError("invalid_request", { detail: "cursor" });
  }
  return text;
}

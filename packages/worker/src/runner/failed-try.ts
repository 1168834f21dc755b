import { ERRORS, JobError, StatusplaneError, type ErrorDefinition, type FailedTry } from "@statusplane/core";

/** Operators see this much of an error. */
const MAX_DETAIL_BYTES = 1_024;

/**
 * What a try's error means for its row. A JobError says so itself; an error with a definition counts by that; a full
 * disk is `storage_full`; everything else is `internal_error`. People see the code's sentence, never the raw text.
 */
export function failedTryOf(error: unknown, backoffMs: number): FailedTry {
  if (error instanceof JobError) {
    const { code, message, retryable, cause } = error;
    const errorDetail = cause === undefined ? null : detailOf(cause);
    return { errorCode: code, errorMessage: message, errorDetail, retryable, backoffMs };
  }
  const { code, ko, retryable } = definitionOfThrown(error);
  return {
    errorCode: code,
    errorMessage: ko,
    errorDetail: detailOf(error),
    retryable,
    backoffMs,
  };
}

function definitionOfThrown(error: unknown): ErrorDefinition {
  if (error instanceof StatusplaneError) return error.definition;
  const systemCode = error instanceof Error && "code" in error ? error.code : undefined;
  return ERRORS[systemCode === "ENOSPC" || systemCode === "EDQUOT" ? "storage_full" : "internal_error"];
}

function detailOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return cutToBytes(text, MAX_DETAIL_BYTES);
}

/** Cuts a text to so many bytes of UTF-8, never inside a character. */
export function cutToBytes(text: string, maxBytes: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  // 10xxxxxx is the inside of a character (RFC 3629, 3)
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(bytes.subarray(0, end));
}

import { encodeJson, StatusplaneError, utf8Bytes, type Json, type JsonObject } from "@statusplane/core";

/** As JSON: it travels with every line of the history. */
export const METADATA_MAX_BYTES = 2_048;

/**
 * What a submitter keeps with a job: a JSON object, null without one.
 * @throws {invalid_request} for anything else, and for more than 2,048 bytes as JSON.
 */
export function metadataOf(value: Json | undefined): JsonObject | null {
  if (value === undefined || value === null) return null;
  if (!isObject(value))
    throw new StatusplaneError("invalid_request", { detail: "metadata is a JSON object" });
  const bytes = utf8Bytes(encoded(value));
  if (bytes <= METADATA_MAX_BYTES) return value;
  throw new StatusplaneError("invalid_request", {
    detail: `metadata has ${METADATA_MAX_BYTES} bytes as JSON at most, not ${bytes}`,
  });
}

function encoded(value: JsonObject): string {
  try {
    return encodeJson(value);
  } catch (error) {
    const detail = `metadata: ${error instanceof Error ? error.message : String(error)}`;
    throw new StatusplaneError("invalid_request", { detail, cause: error });
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

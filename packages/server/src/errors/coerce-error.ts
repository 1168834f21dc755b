import { StatusplaneError, type ErrorCode } from "@statusplane/core";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";

/** Fastify's and its plugins' own errors → codes of the table. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_CTP_BODY_TOO_LARGE: "body_too_large",
  FST_ERR_CTP_EMPTY_JSON_BODY: "invalid_json",
  FST_ERR_CTP_INVALID_JSON_BODY: "invalid_json",
  FST_ERR_BAD_URL: "route_not_found",
  FST_ERR_MAX_PARAM_LENGTH: "not_found",
  FST_ERR_ROUTE_METHOD_NOT_SUPPORTED: "method_not_allowed",
  FST_INVALID_MULTIPART_CONTENT_TYPE: "unsupported_media_type",
  FST_REQ_FILE_TOO_LARGE: "file_too_large",
  FST_NO_FORM_DATA: "unsupported_media_type",
};

/** What was thrown, as an error of the table; what nobody foresaw is `internal_error` with its cause. */
export function coerceError(error: unknown): StatusplaneError {
  if (error instanceof StatusplaneError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const detail = error.validation
      .slice(0, 5)
      .map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`.trim())
      .join("; ");
    return new StatusplaneError("invalid_request", { detail, cause: error });
  }
  const { code, statusCode } = membersOf(error);
  const known = typeof code === "string" && Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (known !== undefined) return new StatusplaneError(known, { cause: error });
  const clients = typeof statusCode === "number" && statusCode >= 400 && statusCode < 500;
  return new StatusplaneError(clients ? "invalid_request" : "internal_error", { cause: error });
}

function membersOf(error: unknown): { readonly code?: unknown; readonly statusCode?: unknown } {
  return typeof error === "object" && error !== null ? error : {};
}

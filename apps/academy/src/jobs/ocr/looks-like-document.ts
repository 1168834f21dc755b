import type { KnownError } from "@statusplane/core";
import { documentForm } from "./document-form.ts";
import { OCR_ERRORS } from "./ocr-errors.ts";

/**
 * A cheap look at a file's first bytes, for the submit: the error to refuse it with, or null when it may be a document.
 * Whether it is one, the reader says later.
 */
export function looksLikeDocument(firstBytes: Uint8Array): KnownError | null {
  if (firstBytes.length === 0) return "file_empty";
  return documentForm(firstBytes) === null ? OCR_ERRORS.not_a_document : null;
}
